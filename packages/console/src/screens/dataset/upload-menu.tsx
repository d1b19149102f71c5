import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconFiles, IconFolderUp, IconUpload } from '@tabler/icons-react';
import { useRef } from 'react';
import { texts } from '../../texts.ts';

/** Makes a picker choose folders; all browsers know it, React's types do not. */
const folderPicker = { webkitdirectory: '' };

/** The button that opens the pickers of files and of a folder. */
export function UploadMenu({ onPick }: { onPick: (files: File[]) => void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const picked = (input: HTMLInputElement) => {
    onPick([...(input.files ?? [])]);
    // So that the same files can be chosen again.
    input.value = '';
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button leftSection={<IconUpload size={15} />} rightSection={<IconChevronDown size={14} />}>
            {texts.dataset.upload}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFiles size={15} />} onClick={() => files.current?.click()}>
            {texts.dataset.uploadFiles}
          </Menu.Item>
          <Menu.Item leftSection={<IconFolderUp size={15} />} onClick={() => folder.current?.click()}>
            {texts.dataset.uploadFolder}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <input ref={files} type="file" multiple hidden aria-label={texts.dataset.uploadFiles} onChange={(event) => picked(event.currentTarget)} />
      <input ref={folder} type="file" {...folderPicker} hidden aria-label={texts.dataset.uploadFolder} onChange={(event) => picked(event.currentTarget)} />
    </>
  );
}
