import type { CaseBonus, CaseFile, FiredSignal, Party, TimelineEntry } from '../../contract/case.ts';
import { type Column, minute, printable, table } from './table.ts';

/** A case as plain text, in the order in which it is read: what and how bad, why, who, money, time. */
export function printCase(file: CaseFile): string {
  return [
    head(file),
    section('Why', signals(file)),
    section('Who', people(file)),
    section('May speak for them', file.innocent.map((fact) => `- ${fact}`).join('\n')),
    section('Money', money(file)),
    section('Decided', decisions(file)),
    section('Time (UTC)', table(TIMELINE, file.timeline)),
    section('Graph', graph(file)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function section(title: string, text: string): string {
  return text === '' ? '' : `${title}\n${text.replaceAll(/^/gm, '  ')}`;
}

function head(file: CaseFile): string {
  const { stake } = file;
  const lines: [string, string][] = [
    ['Item', `${file.itemId}, version ${file.version}`],
    ['Score', `${file.score} ${file.band}${file.flagged ? ', flagged' : ''}, rule set ${file.ruleSetVersion}`],
    ['Status', `${file.status}, priority ${file.priority}, due ${minute(file.dueAt)} UTC`],
    ['Referral', `${file.stage} with code ${printable(file.code.code)} (${file.code.type})`],
    ['Approve', `releases ${stake.releases} credits`],
    ['Reject', `rejects ${stake.rejects} credits, takes back ${stake.takesBack}`],
  ];
  if (file.previousItemId !== null) lines.push(['Follows', file.previousItemId]);
  if (file.assignedTo !== null) lines.push(['Assigned', printable(file.assignedTo)]);
  if (file.notes !== null) lines.push(['Notes', printable(file.notes)]);
  return lines.map(([name, text]) => `${name.padEnd(9)} ${text}`).join('\n');
}

const SIGNALS: readonly Column<FiredSignal>[] = [
  { title: 'POINTS', right: true, text: (signal) => String(signal.points) },
  { title: 'SIGNAL', text: (signal) => signal.name },
  {
    title: 'REJECTED SO FAR',
    text: ({ record }) => (record.decided === 0 ? '-' : `${record.rejected}/${record.decided}`),
  },
  { title: 'EVIDENCE', text: (signal) => printable(signal.sentence) },
];

function signals(file: CaseFile): string {
  return file.signals.length === 0 ? 'No signal has fired.' : table(SIGNALS, file.signals);
}

const FACTS: readonly { readonly name: string; readonly of: (party: Party) => string }[] = [
  { name: 'Name', of: (party) => printable(party.name) },
  { name: 'E-mail', of: (party) => printable(party.email) },
  { name: 'User', of: (party) => printable(party.userId) },
  { name: 'Account since', of: (party) => minute(party.createdAt) },
  { name: 'Tier', of: (party) => party.tier },
  { name: 'Credits', of: (party) => String(party.credits) },
  { name: 'Apps', of: (party) => printable(party.apps.join(' ')) || '-' },
  { name: 'First usage', of: (party) => (party.firstUsageAt === null ? '-' : minute(party.firstUsageAt)) },
  { name: 'First purchase', of: (party) => (party.firstPurchaseAt === null ? '-' : minute(party.firstPurchaseAt)) },
  { name: 'Devices', of: (party) => some(party.devices) },
  { name: 'Addresses', of: (party) => some(party.addresses) },
  { name: 'Country, network', of: (party) => [party.country ?? '-', party.asn ?? '-'].join(' ') },
  { name: 'Referrals', of: ({ referrals }) => `${referrals.made} made, ${referrals.qualified} qualified` },
  {
    name: 'Reviewed',
    of: ({ referrals }) => `${referrals.approved} approved, ${referrals.rejected} rejected, ${referrals.open} open`,
  },
];

function people({ referrer, referee, likenesses }: CaseFile): string {
  type Fact = (typeof FACTS)[number];
  const columns: Column<Fact>[] = [
    { title: '', text: (fact) => fact.name },
    { title: 'REFERRER', text: (fact) => fact.of(referrer) },
    { title: 'REFEREE', text: (fact) => fact.of(referee) },
  ];
  const alike = likenesses.map(({ fact, kind }) => `${kind} ${fact}`).join(', ');
  return table(columns, FACTS) + (alike === '' ? '' : `\nAlike: ${alike}`);
}

const SHOWN = 4;

function some(hashes: readonly string[]): string {
  if (hashes.length === 0) return '-';
  const rest = hashes.length - SHOWN;
  return hashes.slice(0, SHOWN).join(' ') + (rest > 0 ? ` and ${rest} more` : '');
}

const BONUSES: readonly Column<CaseBonus>[] = [
  { title: 'CREDITS', right: true, text: (bonus) => String(bonus.credits) },
  { title: 'FOR', text: (bonus) => (bonus.appId === null ? bonus.eventType : `${bonus.eventType} ${bonus.appId}`) },
  { title: 'TO', text: (bonus) => bonus.role },
  { title: 'STATUS', text: (bonus) => [bonus.status, bonus.holdReason].filter((text) => text !== null).join(' ') },
  { title: 'WHEN (UTC)', text: whenOf },
];

function whenOf({ status, holdUntil, releasedAt, createdAt }: CaseBonus): string {
  if (status === 'held') return holdUntil === null ? 'until decided' : `until ${minute(holdUntil)}`;
  return minute(releasedAt ?? createdAt);
}

function money(file: CaseFile): string {
  return file.bonuses.length === 0 ? 'No bonus.' : table(BONUSES, file.bonuses);
}

const DECISIONS: readonly Column<CaseFile['decisions'][number]>[] = [
  { title: 'AT', text: (made) => minute(made.at) },
  { title: 'BY', text: (made) => printable(made.by) },
  { title: 'DECISION', text: (made) => `${made.decision} ${made.reason}` },
  // `umpire undo` takes this id.
  { title: 'ID', text: (made) => made.decisionId },
  {
    title: '',
    text: ({ isUndone, undo }) => (isUndone ? 'taken back' : undo === 'withdrawal' ? 'waits for a second analyst' : ''),
  },
  { title: 'NOTE', text: ({ note }) => (note === null ? '' : printable(note)) },
];

function decisions(file: CaseFile): string {
  return file.decisions.length === 0 ? '' : table(DECISIONS, file.decisions);
}

const TIMELINE: readonly Column<TimelineEntry>[] = [
  { title: 'AT', text: (entry) => minute(entry.at) },
  { title: 'WHO', text: (entry) => entry.who ?? '' },
  { title: 'WHAT', text: (entry) => printable(entry.text) },
];

/** The graph as a list: places and codes with how many accounts they have, the most first. */
function graph({ graph: { nodes, omitted } }: CaseFile): string {
  const users = nodes.filter(({ kind }) => kind === 'user').length;
  const shared = nodes.filter(({ kind, accounts }) => kind !== 'user' && accounts > 1);
  const lines = shared
    .sort((a, b) => b.accounts - a.accounts)
    .map(({ kind, label, accounts }) => `${kind} ${printable(label)}: ${accounts} accounts`);
  return [`${users} users drawn, ${omitted} neighbours left out`, ...lines].join('\n');
}
