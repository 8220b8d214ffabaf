// A range drawn with the mouse in one chart becomes the time range of the page.
import {go, read} from "./address.js";

export function zoomTo(place) {
  if (place.zooms) return;
  place.zooms = true;
  place.on("plotly_relayout", ({"xaxis.range[0]": from, "xaxis.range[1]": to}) => {
    if (!from || !to) return;
    const [begin, end] = [from, to].map(text => Math.round(Date.parse(String(text).replace(" ", "T").replace(/Z?$/, "Z"))));
    if (end - begin >= 60e3) go({...read(), from: String(begin), to: String(end)});
  });
}
