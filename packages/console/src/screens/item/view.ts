/** How a picture lies in its window: its pixel (0, 0) at `x`, `y` of the window, each pixel `scale` wide. */
export interface View {
  scale: number;
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}

const margin = 16;
export const largestScale = 64;

/** The whole picture in the middle, never larger than it is. */
export function fitView(picture: Size, window: Size): View {
  const scale = Math.min(1, Math.max(0.001, Math.min((window.width - 2 * margin) / picture.width, (window.height - 2 * margin) / picture.height)));
  return { scale, x: (window.width - picture.width * scale) / 2, y: (window.height - picture.height * scale) / 2 };
}

/** Scales about a point of the window: what lies under it stays there. */
export function zoomView(view: View, factor: number, at: { x: number; y: number }, smallest: number): View {
  const scale = Math.min(largestScale, Math.max(Math.min(smallest, view.scale), view.scale * factor));
  const by = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by };
}

/** Moves the picture, but never quite out of the window; one smaller than the window stays inside it. */
export function moveView(view: View, dx: number, dy: number, picture: Size, window: Size): View {
  return { scale: view.scale, x: keep(view.x + dx, picture.width * view.scale, window.width), y: keep(view.y + dy, picture.height * view.scale, window.height) };
}

function keep(at: number, length: number, room: number): number {
  const overlap = Math.min(length, room) / 2;
  return Math.min(room - overlap, Math.max(overlap - length, at));
}
