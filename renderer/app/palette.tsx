import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { useState } from 'react';
import { COMMANDS, shownKeys, type Command } from '../ui/commands.ts';
import { KeyCap } from '../ui/key-cap.tsx';
import { isAvailable, runCommand } from '../ui/registry.ts';

const OFFERED: readonly Command[] = COMMANDS.filter(({ id }) => id !== 'reason' && id !== 'palette');

function commandActions(): SpotlightActionData[] {
  return OFFERED.filter((command) => isAvailable(command.id)).map((command) => ({
    id: command.id,
    label: command.label,
    rightSection: <KeyCap>{shownKeys(command, globalThis.umpire.platform)}</KeyCap>,
    // After the palette has closed and given the focus back, so that a command may move it.
    onClick: () => setTimeout(() => runCommand(command.id), 0),
  }));
}

export function Palette() {
  const { setColorScheme } = useMantineColorScheme();
  const [commands, setCommands] = useState<SpotlightActionData[]>([]);
  const themes: SpotlightActionData[] = [
    { id: 'theme-dark', label: 'Theme: dark', onClick: () => setColorScheme('dark') },
    { id: 'theme-light', label: 'Theme: light', onClick: () => setColorScheme('light') },
    { id: 'theme-auto', label: 'Theme: as the system', onClick: () => setColorScheme('auto') },
  ];
  return (
    <Spotlight
      actions={[...commands, ...themes]}
      onSpotlightOpen={() => setCommands(commandActions())}
      shortcut="mod + K"
      tagsToIgnore={[]}
      highlightQuery
      nothingFound="No such command"
      searchProps={{ placeholder: 'What to do', 'aria-label': 'Command' }}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
      size={520}
      maxHeight={420}
      scrollable
      lockScroll={false}
      transitionProps={{ duration: 0 }}
      overlayProps={{ color: 'var(--shade)', backgroundOpacity: 1, blur: 0 }}
    />
  );
}
