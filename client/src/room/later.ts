/** What a room needs after its first sliders, in one file. `parts.svelte.ts` fetches it, and says when. */
export { default as AgreeFoot } from "./AgreeFoot.svelte";
export { default as AgreeSide } from "./AgreeSide.svelte";
export { default as Announcement } from "./Announcement.svelte";
export { default as CompareLead } from "./CompareLead.svelte";
export { default as CompareSide } from "./CompareSide.svelte";
export { default as Ended } from "./Ended.svelte";
export { default as MenuDialog } from "./MenuDialog.svelte";
export { default as Outcome } from "./outcome/Outcome.svelte";
export { default as SliderDetail } from "./SliderDetail.svelte";
export { default as TableView } from "./TableView.svelte";
