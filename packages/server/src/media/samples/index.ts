export { drawDicomSeries, type SampleSlice } from './dicom-series.ts';
export { drawPhotos, type SamplePhoto } from './photos.ts';
export { drawVideo, type SampleVideo } from './video.ts';
