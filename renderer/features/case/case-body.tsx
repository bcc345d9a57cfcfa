import { Group, Panel, useDefaultLayout } from 'react-resizable-panels';
import type { CaseFile } from '../../../core/contract/case.ts';
import { Divider } from '../../ui/divider.tsx';
import { usePreferences } from '../../ui/preferences.ts';
import { useCommands } from '../../ui/registry.ts';
import { useRing } from '../bulk/ring.ts';
import { GraphPane } from '../graph/graph-pane.tsx';
import { MoneyPane } from './money-pane.tsx';
import { PartiesPane } from './parties-pane.tsx';
import { WhyPane } from './why-pane.tsx';

function Left({ file }: { readonly file: CaseFile }) {
  const layout = useDefaultLayout({ id: 'umpire.case.left' });
  const ring = useRing(file);
  useCommands(ring === null ? {} : { ring });
  return (
    <Group {...layout} orientation="vertical">
      <Panel id="why" minSize={120} defaultSize="56">
        <WhyPane file={file} />
      </Panel>
      <Divider />
      <Panel id="graph" minSize={120}>
        <GraphPane graph={file.graph} onRing={ring} />
      </Panel>
    </Group>
  );
}

function Right({ file }: { readonly file: CaseFile }) {
  const layout = useDefaultLayout({ id: 'umpire.case.right' });
  return (
    <Group {...layout} orientation="vertical">
      <Panel id="who" minSize={120} defaultSize="56">
        <PartiesPane file={file} />
      </Panel>
      <Divider />
      <Panel id="money" minSize={120}>
        <MoneyPane file={file} />
      </Panel>
    </Group>
  );
}

/** The four panes of a case, sized as the analyst left them. */
export function CaseBody({ file }: { readonly file: CaseFile }) {
  const rightShown = usePreferences((preferences) => preferences.rightShown);
  const setPreferences = usePreferences((preferences) => preferences.set);
  useCommands({ right: () => setPreferences({ rightShown: !rightShown }) });
  const layout = useDefaultLayout({ id: 'umpire.case', panelIds: rightShown ? ['left', 'right'] : ['left'] });
  return (
    <Group {...layout} orientation="horizontal">
      <Panel id="left" minSize={320} defaultSize="52">
        <Left file={file} />
      </Panel>
      {rightShown && (
        <>
          <Divider />
          <Panel id="right" minSize={320}>
            <Right file={file} />
          </Panel>
        </>
      )}
    </Group>
  );
}
