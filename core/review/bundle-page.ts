import type { CaseFile } from '../contract/case.ts';
import { createHash } from 'node:crypto';
import type { CaseBonus, Party } from '../contract/case.ts';
import type { Bundle, BundleRecord, KnownSignal } from './bundle.ts';

/** Text that is safe in HTML; what is not text is made so here and nowhere else. */
type Html = { readonly html: string };

const ESCAPED: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  // Controls, and marks that turn the direction of what follows, are shown as a blank: names are what users typed.
  return text.replaceAll(/[^\P{C}\n\t]/gu, ' ').replaceAll(/[&<>"']/g, (found) => ESCAPED[found] ?? found);
}

type Value = Html | string | number | readonly Html[];

function shown(value: Value): string {
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return 'html' in value ? value.html : value.map((one) => one.html).join('');
}

/** A template whose values are escaped, lists joined. */
function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const texts = values.map(shown);
  return { html: parts.map((part, index) => part + (texts[index] ?? '')).join('') };
}

const STYLE = `
:root { color-scheme: light; }
body { font: 14px/1.5 system-ui, sans-serif; color: #1a1c20; margin: 32px auto; max-width: 960px; padding: 0 24px; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 32px 0 8px; border-bottom: 1px solid #d5d8de; padding-bottom: 4px; }
h3 { font-size: 14px; margin: 20px 0 4px; } p { margin: 4px 0; } .quiet { color: #5b616e; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; } th, td { text-align: left; vertical-align: top; padding: 4px 12px 4px 0; border-bottom: 1px solid #e7e9ed; }
th { font-weight: 600; color: #5b616e; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font: 12px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; } section.made { border-left: 3px solid #d5d8de; padding-left: 16px; margin: 16px 0; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } h2, h3 { break-after: avoid; } tr, section.made > p { break-inside: avoid; } }
`;

type Cell = Html | string | number;
type Column<Row> = { readonly title: string; readonly isNumber?: boolean; readonly of: (row: Row) => Cell };

function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const cell = (value: Cell, isNumber = false): Html =>
    isNumber ? html`<td class="n">${value}</td>` : html`<td>${value}</td>`;
  const head = columns.map(({ title, isNumber }) =>
    isNumber === true ? html`<th class="n">${title}</th>` : html`<th>${title}</th>`,
  );
  const body = rows.map(
    (row) =>
      html`<tr>
        ${columns.map(({ of, isNumber }) => cell(of(row), isNumber))}
      </tr>`,
  );
  return html`<table>
    <thead>
      <tr>
        ${head}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`;
}

function time(instant: string | null): string {
  return instant === null ? '–' : new Date(instant).toISOString().slice(0, 19).replace('T', ' ');
}

/** One page that needs nothing else: no script, no network, printable, with the same data as JSON in it. */
export function bundlePage(bundle: Bundle): string {
  const file = bundle.case;
  const style = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`;
  const body = html`<h1>Evidence of case ${file.itemId}</h1>
    <p class="quiet">
      Made ${time(bundle.made.at)} UTC by ${bundle.made.by}. All times are UTC. What stands below each decision is what
      was known when it was made.
    </p>
    ${summary(bundle)}
    <h2>Decisions</h2>
    ${bundle.record.length === 0 ? html`<p>Nothing has been decided.</p>` : bundle.record.map((made) => recordOf(made, bundle))}
    <h2>Signals now</h2>
    ${signalTable(file.signals)}
    <h2>People</h2>
    ${people(bundle)}
    <h2>Bonuses now</h2>
    ${bonuses(file.bonuses)}
    <h2>What happened</h2>
    ${table(
      [
        { title: 'At', of: (entry) => time(entry.at) },
        { title: 'Who', of: (entry) => entry.who ?? '' },
        { title: 'What', of: (entry) => entry.text },
      ],
      file.timeline,
    )}
    <h2>Rules</h2>
    ${bundle.ruleSets.map(rules)}
    <h2>Audit</h2>
    ${audit(bundle)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(`Evidence of case ${file.itemId}`)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.html}
<script type="application/json" id="bundle">${embedded(bundle)}</script>
</body>
</html>
`;
}

/** JSON that cannot end the element it stands in. */
function embedded(bundle: Bundle): string {
  return JSON.stringify(bundle).replaceAll('<', String.raw`\u003c`);
}

function facts(lines: readonly (readonly [string, Cell])[]): Html {
  return html`<table>
    <tbody>
      ${lines.map(
        ([name, value]) =>
          html`<tr>
            <th>${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function summary({ case: file, made }: Bundle): Html {
  return facts([
    [
      'Referral',
      `${file.relationshipId}, ${file.stage} since ${time(file.retainedAt ?? file.qualifiedAt ?? file.activatedAt ?? file.registeredAt)}`,
    ],
    ['Status', `${file.status}, priority ${file.priority}, version ${file.version}`],
    ['Score', scoreLine(file)],
    [
      'In the queue',
      `since ${time(file.createdAt)}, due ${time(file.dueAt)}${file.previousItemId === null ? '' : `; follows ${file.previousItemId}`}`,
    ],
    ['Code', `${file.code.code} (${file.code.type}), made ${time(file.code.createdAt)}, used ${file.code.uses} times`],
    ['Assigned to', file.assignedTo ?? '–'],
    ['Notes', file.notes ?? '–'],
    ['Programme', made.mode === 'observe' ? 'run by another service; Umpire reviews' : 'run by Umpire'],
  ]);
}

function signalTable(signals: readonly Omit<KnownSignal, 'evidence'>[]): Html {
  if (signals.length === 0) return html`<p>No signal had fired.</p>`;
  return table(
    [
      { title: 'Signal', of: (one) => one.label },
      { title: 'Points', isNumber: true, of: (one) => one.points },
      { title: 'Evidence', of: (one) => one.sentence },
    ],
    signals,
  );
}

const VERBS = { approve: 'Approved', reject: 'Rejected', escalate: 'Escalated', undo: 'Taken back' } as const;

function recordOf(made: BundleRecord, bundle: Bundle): Html {
  const who = made.onBehalfOf === null ? made.actor : `${made.onBehalfOf} (through ${made.actor})`;
  const said =
    made.undoes === null ? `${made.reasonLabel} (${made.reason})` : `${made.undoKind ?? 'undo'} of ${made.undoes}`;
  const moved = [
    made.paid === 0 ? null : `${made.paid} credits paid`,
    made.rejected === 0 ? null : `${made.rejected} credits rejected`,
    made.reversed === 0 ? null : `${made.reversed} credits taken back`,
  ].filter((text) => text !== null);
  const own = made.itemId === bundle.case.itemId ? '' : ` (item ${made.itemId})`;
  return html`<section class="made">
    <h3>${VERBS[made.decision]}${own} by ${who}, ${time(made.at)}</h3>
    <p>
      ${said}. Outcome: ${made.outcome}${made.undoneBy === null ? '' : `, taken back since by ${made.undoneBy}`}.
      ${moved.length === 0 ? 'No credits moved.' : `${moved.join(', ')}.`}
    </p>
    ${made.note === null ? html`` : html`<p>Note: ${made.note}</p>`}
    <p class="quiet">
      Known then: ${made.score} points, ${made.band}, by rule set ${made.ruleSetVersion}. Id
      <code>${made.decisionId}</code>
    </p>
    ${made.signals === null ? (made.undoes === null ? html`<p class="quiet">The evidence of this decision was not kept.</p>` : html``) : signalTable(made.signals)}
    ${made.bonuses.length === 0 ? html`` : found(made, bundle)}
  </section>`;
}

function found(made: BundleRecord, { case: file }: Bundle): Html {
  const what = (id: string): string => {
    const bonus = file.bonuses.find((one) => one.id === id);
    return bonus === undefined
      ? id
      : `${bonus.eventType}${bonus.appId === null ? '' : ` ${bonus.appId}`}, to the ${bonus.role}`;
  };
  return table(
    [
      { title: 'Bonus', of: (one) => what(one.bonusId) },
      { title: 'Was', of: (one) => [one.statusBefore, one.holdReasonBefore ?? ''].join(' ').trim() },
      { title: 'Until', of: (one) => time(one.holdUntilBefore) },
      { title: 'Done', of: (one) => one.done },
      { title: 'Credits', isNumber: true, of: (one) => one.credits },
    ],
    made.bonuses,
  );
}

const PERSON: readonly { readonly name: string; readonly of: (party: Party) => string }[] = [
  { name: 'User', of: (one) => one.userId },
  { name: 'Name', of: (one) => one.name },
  { name: 'E-mail', of: (one) => one.email },
  { name: 'Account since', of: (one) => time(one.createdAt) },
  { name: 'Tier', of: (one) => one.tier },
  { name: 'Credits', of: (one) => String(one.credits) },
  { name: 'Apps', of: (one) => one.apps.join(', ') || '–' },
  { name: 'First usage', of: (one) => time(one.firstUsageAt) },
  { name: 'First purchase', of: (one) => time(one.firstPurchaseAt) },
  { name: 'Devices', of: (one) => one.devices.join(', ') || '–' },
  { name: 'Addresses', of: (one) => one.addresses.join(', ') || '–' },
  { name: 'Country, network', of: (one) => [one.country ?? '–', one.asn ?? '–'].join(', ') },
  {
    name: 'Referrals',
    of: ({ referrals }) =>
      `${referrals.made} made, ${referrals.qualified} qualified, ${referrals.approved} approved, ${referrals.rejected} rejected, ${referrals.open} open`,
  },
];

function people({ case: file }: Bundle): Html {
  const alike = file.likenesses.map(({ fact, kind }) => `${kind} ${fact}`).join(', ');
  return html`${table(
      [
        { title: '', of: (fact: (typeof PERSON)[number]) => fact.name },
        { title: 'Referrer', of: (fact) => fact.of(file.referrer) },
        { title: 'Referee', of: (fact) => fact.of(file.referee) },
      ],
      PERSON,
    )}
    <p>Alike: ${alike === '' ? 'nothing' : alike}.</p>
    ${file.innocent.map((fact) => html`<p>May speak for them: ${fact}.</p>`)}`;
}

function bonuses(list: readonly CaseBonus[]): Html {
  if (list.length === 0) return html`<p>None.</p>`;
  return table(
    [
      { title: 'For', of: (one) => `${one.eventType}${one.appId === null ? '' : ` ${one.appId}`}` },
      { title: 'To', of: (one) => one.role },
      { title: 'Credits', isNumber: true, of: (one) => one.credits },
      { title: 'Tier', of: (one) => `${one.tierAtTime} × ${one.tierMultiplier}` },
      { title: 'Status', of: (one) => [one.status, one.holdReason ?? ''].join(' ').trim() },
      { title: 'Until', of: (one) => time(one.holdUntil) },
      { title: 'Paid last', of: (one) => time(one.releasedAt) },
    ],
    list,
  );
}

function rules(set: Bundle['ruleSets'][number]): Html {
  const pairs = (record: { readonly [name: string]: number }): string =>
    Object.entries(record)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return html`<h3>Version ${set.version}, made ${time(set.createdAt)} by ${set.createdBy}</h3>
    ${facts([
      ['Points', pairs(set.points)],
      ['Bands from', pairs(set.thresholds)],
      ['Switched off', set.disabled.join(', ') || 'nothing'],
      ['Note', set.note ?? '–'],
    ])}`;
}

function audit({ record, auditHead }: Bundle): Html {
  const entries = [
    ...new Map(record.flatMap(({ audit: entry }) => (entry === null ? [] : [[entry.seq, entry] as const]))).values(),
  ];
  return html`<p>
      Each decision above is a row of a batch. The entry of the audit log that vouches for the batch holds a SHA-256
      digest of its rows; the entry’s own hash is the SHA-256 of the text below it, and the next entry begins with that
      hash.
    </p>
    ${entries.map(
      (entry) =>
        html`<h3>Entry ${entry.seq}, ${time(entry.at)}: batch ${entry.batch} of ${entry.items}</h3>
          <p>Digest <code>${entry.digest}</code></p>
          <p>Hash <code>${entry.hash}</code></p>
          <p><code>${entry.hashed}</code></p>`,
    )}
    <p>
      Head of the log when this was made:
      ${auditHead === null ? 'none' : html`<code>${auditHead.seq}:${auditHead.hash}</code>`}. With the server: umpire
      verify --head.
    </p>`;
}

/** The item's score stays what it was when it was decided; the referral's goes on. */
function scoreLine(file: CaseFile): string {
  const now = file.signals.reduce((sum, { points }) => sum + points, 0);
  const since = now === file.score ? '' : `${now} points by now, `;
  return `${file.score} points, ${file.band}${file.flagged ? ', flagged' : ''}; ${since}rule set ${file.ruleSetVersion}, scored ${time(file.scoredAt)}`;
}
