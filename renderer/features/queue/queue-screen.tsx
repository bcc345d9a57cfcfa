import { useNavigate, useParams } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Group, Panel, useDefaultLayout } from 'react-resizable-panels';
import { Divider } from '../../ui/divider.tsx';
import { usePreferences } from '../../ui/preferences.ts';
import { useCommands } from '../../ui/registry.ts';
import { CasePane } from '../case/case-pane.tsx';
import { useDecisions } from '../case/decisions-made.ts';
import { QueueNavigation, type QueueContext } from './queue-context.ts';
import { filterOf, useQueueFilter } from './queue-filter.ts';
import { QueuePane } from './queue-pane.tsx';
import { useQueueRows, type Range } from './queue-rows.ts';

/** Which cases are read before they are opened; the one before too, for a look back. */
const STEPS_AHEAD = [1, 2, 3, -1];
const FIRST_SCREEN: Range = { first: 0, last: 30 };

/** The main screen: the queue and the open case. It owns which case is open, and what comes next. */
export function QueueScreen() {
  const { itemId } = useParams({ from: '/queue/{-$itemId}' });
  const navigate = useNavigate();
  const filterState = useQueueFilter();
  const order = usePreferences((preferences) => preferences.order);
  const queueShown = usePreferences((preferences) => preferences.queueShown);
  const setPreferences = usePreferences((preferences) => preferences.set);
  const decided = useDecisions((decisions) => decisions.decided);
  const filter = useMemo(() => filterOf(filterState, order), [filterState, order]);

  const [visible, setVisible] = useState(FIRST_SCREEN);
  const [place, setPlace] = useState(0);
  const rows = useQueueRows(filter, [visible, { first: place, last: place }], decided);

  const selected = itemId ?? null;
  const found = selected === null ? -1 : rows.indexOf(selected);
  if (found >= 0 && found !== place) setPlace(found);

  const open = useCallback(
    (id: string) => void navigate({ to: '/queue/{-$itemId}', params: { itemId: id }, replace: true }),
    [navigate],
  );
  const openAt = (index: number) => {
    const row = rows.rowAt(index);
    if (row !== undefined) open(row.itemId);
  };
  // Where the open case has left the list, what moved into its place comes next.
  const next = () => openAt(found >= 0 ? found + 1 : Math.min(place, rows.total - 1));
  const previous = () => openAt(found >= 0 ? found - 1 : Math.max(0, place - 1));
  const advance = () => {
    const following = rows.rowAt(found + 1) ?? (found > 0 ? rows.rowAt(found - 1) : undefined);
    if (found >= 0 && following !== undefined) open(following.itemId);
    else if (found >= 0) void navigate({ to: '/queue/{-$itemId}', params: {}, replace: true });
  };

  // A window that has just been opened shows the most urgent case.
  const top = rows.rowAt(0)?.itemId;
  useEffect(() => {
    if (selected === null && top !== undefined) {
      void navigate({ to: '/queue/{-$itemId}', params: { itemId: top }, replace: true });
    }
  }, [selected, top, navigate]);

  const ahead = found < 0 ? [] : STEPS_AHEAD.flatMap((step) => rows.rowAt(found + step)?.itemId ?? []);
  const context: QueueContext = { selected, open, next, previous, advance, ahead };

  useCommands({
    next,
    previous,
    left: () => setPreferences({ queueShown: !queueShown }),
  });
  const layout = useDefaultLayout({ id: 'umpire.screen', panelIds: queueShown ? ['queue', 'case'] : ['case'] });

  return (
    <QueueNavigation value={context}>
      <Group {...layout} orientation="horizontal">
        {queueShown && (
          <>
            <Panel id="queue" defaultSize={384} minSize={280} maxSize={640} groupResizeBehavior="preserve-pixel-size">
              <QueuePane rows={rows} place={found} onVisible={setVisible} />
            </Panel>
            <Divider />
          </>
        )}
        <Panel id="case" minSize={560}>
          <CasePane />
        </Panel>
      </Group>
    </QueueNavigation>
  );
}
