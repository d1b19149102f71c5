import type { MediaKind } from '@fovea/contract';
import { IconFile, IconFileText, IconFileTypePdf, IconMusic, IconPhoto, IconStack2, IconVideo, type Icon, type IconProps } from '@tabler/icons-react';

const icons: Record<MediaKind, Icon> = {
  image: IconPhoto,
  video: IconVideo,
  dicom: IconStack2,
  nifti: IconStack2,
  text: IconFileText,
  pdf: IconFileTypePdf,
  audio: IconMusic,
  other: IconFile,
};

/** The picture of a kind of file. */
export function KindIcon({ kind, ...props }: { kind: MediaKind } & IconProps) {
  const Shown = icons[kind];
  return <Shown aria-hidden {...props} />;
}
