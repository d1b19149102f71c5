export * from './document/document.ts';
export * from './document/diff.ts';
export * from './document/record.ts';
export type { RemoteChange } from './document/sync.ts';
export type { Conflict } from './document/merge.ts';
export type { Mark } from './document/history.ts';

export * from './editor/editor.ts';
export * from './editor/input.ts';
export * from './editor/labels.ts';
export * from './editor/picture.ts';
export * from './editor/settings.ts';
export type { OverlayItem } from './editor/overlay.ts';

export { Camera } from './scene/camera.ts';
export type { CameraState, Viewport } from './scene/camera.ts';
export { Scene } from './scene/scene.ts';
export type { SceneEntry } from './scene/scene.ts';

export { toolIds } from './tools/gesture.ts';
export type { Gesture, PointerAt, Tool, ToolId } from './tools/gesture.ts';
export type { Skeleton } from './shapes/pen.ts';
export { kindOf } from './shapes/registry.ts';

export { Renderer } from './render/renderer.ts';
export type { RendererOptions } from './render/renderer.ts';
export { adjustmentTable, adjustPixels } from './render/picture-layer.ts';
export { pieceSidePx, type PictureSource, type PiecewisePicture } from './render/picture-source.ts';
export { textColorOn } from './render/overlay-painter.ts';

export { ActionTable, comboOf, normalCombo } from './actions/action.ts';
export type { Action, ActionGroup, ShortcutClash } from './actions/action.ts';
export { editorActions } from './actions/actions.ts';

export * from './editing/commands.ts';
export * from './editing/clipboard.ts';
export * from './editing/track-commands.ts';
export { joinSelectedMasks, outlinesOf, subtractFromMask, toMasks, toPolygons } from './editing/mask-commands.ts';
export { cutSelected, mergeSelected, punchHole, simplifySelected, subtractSelected } from './editing/polygon-commands.ts';
export { addProposals, addShape, newRecord } from './editing/shapes.ts';
export { addToLabel, mayPaint } from './editing/label-masks.ts';
export { fillPlaneGap, paintOnPlane, type PlaneStroke, type StackPlane } from './editing/plane-paint.ts';
export { clearSlice, copyFromSliceBefore, fillBetweenSlices, goToRecord, paintedFrames } from './editing/slice-commands.ts';

export { lastFrame, stateAt } from './video/track-state.ts';
export type { FrameState } from './video/track-state.ts';

export { maskGeometry, tiledMask } from './masks/mask-geometry.ts';
export { StackMask, stackMask, volumeWith } from './masks/stack-mask.ts';
export { TiledMask } from './masks/tiled-mask.ts';

export { outlineIn } from './smart/smart-box-tool.ts';
export { interpolateSelectedMasks, maskBetween } from './smart/interpolate-masks.ts';
export { trackForward } from './smart/track-forward.ts';
export type { FrameSource, TrackForwardOptions } from './smart/track-forward.ts';

export { CorrelationTracker } from './kernels/correlation-tracker.ts';
export { floodFill } from './kernels/flood-fill.ts';
export { grabCut } from './kernels/grab-cut.ts';
export { grabCutBanded } from './kernels/grab-cut-fine.ts';
export { LiveWire, wireCosts } from './kernels/live-wire.ts';
export { slic } from './kernels/slic.ts';
export { interpolateSlices } from './kernels/slice-interpolation.ts';
