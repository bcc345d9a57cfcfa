import { useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Group, Panel, useDefaultLayout } from 'react-resizable-panels';
import { ask, failureText } from '../../app/bridge.ts';
import { useMay } from '../../app/connection.ts';
import { Divider } from '../../ui/divider.tsx';
import { usePreferences } from '../../ui/preferences.ts';
import { useCommands } from '../../ui/registry.ts';
import { CasePane } from '../case/case-pane.tsx';
import { draftFrom } from '../bulk/draft.ts';
import { noteClaim } from '../case/claim.ts';
import { say, useDecisions } from '../case/decisions-made.ts';
import { useAddressedItem } from './addressed-item.ts';
import { QueueNavigation, type QueueContext } from './queue-context.ts';
import { filterOf, useQueueFilter } from './queue-filter.ts';
import { QueuePane } from './queue-pane.tsx';
import { usePicking } from './picking.ts';
import { useQueueRows, type Range } from './queue-rows.ts';
import { unselect, useSelection } from './selection.ts';

/** Which cases are read before they are opened; the one before too, for a look back. */
const STEPS_AHEAD = [1, 2, 3, -1];
const FIRST_SCREEN: Range = { first: 0, last: 30 };

/** The main screen: the queue and the open case. It owns which case is open, and what comes next. */
export function QueueScreen() {
  const selected = useAddressedItem();
  const navigate = useNavigate();
  const filterState = useQueueFilter();
  const order = usePreferences((preferences) => preferences.order);
  const queueShown = usePreferences((preferences) => preferences.queueShown);
  const setPreferences = usePreferences((preferences) => preferences.set);
  const decided = useDecisions((decisions) => decisions.decided);
  const filter = useMemo(() => filterOf(filterState, order), [filterState, order]);

  const [visible, setVisible] = useState(FIRST_SCREEN);
  const [place, setPlace] = useState(0);
  const [shownFilter, setShownFilter] = useState(filter);
  if (filter !== shownFilter) {
    setShownFilter(filter);
    setVisible(FIRST_SCREEN);
    setPlace(0);
  }
  const rows = useQueueRows(filter, [visible, { first: place, last: place }], decided);

  const found = selected === null ? -1 : rows.indexOf(selected);
  if (found >= 0 && found !== place) setPlace(found);

  const open = useCallback(
    (id: string) => void navigate({ to: '/queue/{-$itemId}', params: { itemId: id }, replace: true }),
    [navigate],
  );
  const openAt = (index: number) => {
    const row = rows.rowAt(Math.max(0, Math.min(index, rows.total - 1)));
    if (row !== undefined && row.itemId !== selected) open(row.itemId);
  };
  // Where the open case has left the list, what moved into its place comes next.
  const next = () => openAt(found >= 0 ? found + 1 : place);
  const previous = () => openAt(found >= 0 ? found - 1 : place - 1);
  const advance = () => {
    if (found >= 0 && rows.total <= 1)
      void navigate({ to: '/queue/{-$itemId}', params: { itemId: undefined }, replace: true });
    else if (found >= 0 && found === rows.total - 1) previous();
    else next();
  };

  // A window that has just been opened shows the most urgent case, and not one of the view before.
  const top = rows.loading ? undefined : rows.rowAt(0)?.itemId;
  useEffect(() => {
    if (selected === null && top !== undefined) {
      void navigate({ to: '/queue/{-$itemId}', params: { itemId: top }, replace: true });
    }
  }, [selected, top, navigate]);

  const ahead = (found < 0 ? [] : STEPS_AHEAD.flatMap((step) => rows.rowAt(found + step)?.itemId ?? [])).join(' ');
  const empty = !rows.loading && rows.total === 0;
  const latest = useRef({ next, previous, advance });
  useEffect(() => {
    latest.current = { next, previous, advance };
  });
  // Changes with the open case only: scrolling the queue must not render the case again.
  const context: QueueContext = useMemo(
    () => ({
      empty,
      selected,
      open,
      next: () => latest.current.next(),
      previous: () => latest.current.previous(),
      advance: () => latest.current.advance(),
      ahead: ahead === '' ? [] : ahead.split(' '),
    }),
    [empty, selected, open, ahead],
  );

  const { decide } = useMay();
  const { pick, pickOpen, pickAll, extend } = usePicking({ filter, rows, decided, selected, found, open });
  const bulk = () => {
    draftFrom(useSelection.getState().choice);
    void navigate({ to: '/bulk/{-$sessionId}', params: { sessionId: undefined } });
  };
  const nextFree = async () => {
    try {
      const claim = await ask('queue.next', { filter, ...(selected === null ? {} : { except: selected }) });
      if (claim === null) say('There is no other case in this view that nobody has.');
      else {
        noteClaim(claim.itemId, claim);
        open(claim.itemId);
      }
    } catch (error) {
      say(`No next case: ${failureText(error)}`);
    }
  };
  useCommands({
    next,
    previous,
    left: () => setPreferences({ queueShown: !queueShown }),
    ...(decide
      ? {
          select: pickOpen,
          selectDown: () => extend(1),
          selectUp: () => extend(-1),
          selectAll: pickAll,
          unselect,
          bulk,
          nextFree: () => void nextFree(),
        }
      : {}),
  });
  const layout = useDefaultLayout({ id: 'umpire.screen', panelIds: queueShown ? ['queue', 'case'] : ['case'] });

  return (
    <QueueNavigation value={context}>
      <h1 className="visually-hidden">Review queue</h1>
      <Group {...layout} orientation="horizontal">
        {queueShown && (
          <>
            <Panel id="queue" defaultSize={384} minSize={280} maxSize={640} groupResizeBehavior="preserve-pixel-size">
              <QueuePane
                rows={rows}
                filter={filter}
                place={found}
                onVisible={setVisible}
                onPick={decide ? pick : null}
                onAll={pickAll}
                onBulk={bulk}
              />
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
