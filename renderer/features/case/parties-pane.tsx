import type { ReactNode } from 'react';
import type { CaseFile, Party } from '../../../core/contract/case.ts';
import { isErased } from '../../../core/domain/erased.ts';
import { age, capital, day, exactMoment, moment, number } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { Pane } from '../../ui/pane.tsx';
import { likenessOf } from './likeness.ts';
import styles from './parties-pane.module.css';

type Fact = CaseFile['likenesses'][number]['fact'];
type Row = {
  readonly name: string;
  readonly facts: readonly Fact[];
  readonly value: (party: Party, other: Party, now: number) => ReactNode;
};

const NONE = <span className={styles.none}>none</span>;
const ERASED = <span className={styles.none}>erased</span>;

/** The first values, those that the other one has too in front and underlined, and how many more there are. */
function Values({
  values,
  others,
  most,
}: {
  readonly values: readonly string[];
  readonly others: readonly string[];
  readonly most: number;
}) {
  if (values.length === 0) return NONE;
  const shared = new Set(others);
  const ordered = values.toSorted((a, b) => Number(shared.has(b)) - Number(shared.has(a)));
  return (
    <span title={ordered.join(', ')}>
      {ordered.slice(0, most).map((value, place) => (
        <span key={value}>
          {place > 0 && ', '}
          {shared.has(value) ? <u>{value}</u> : value}
        </span>
      ))}
      {ordered.length > most && <span className={styles.none}> +{ordered.length - most}</span>}
    </span>
  );
}

function When({ instant, now }: { readonly instant: string | null; readonly now: number }) {
  return instant === null ? NONE : <span title={exactMoment(instant)}>{moment(instant, now)}</span>;
}

const ROWS: readonly Row[] = [
  { name: 'Name', facts: ['name'], value: (party) => party.name },
  {
    name: 'E-mail',
    facts: ['email'],
    value: ({ email }) => (isErased(email) ? ERASED : <span title={email}>{email}</span>),
  },
  {
    name: 'Account',
    facts: [],
    value: (party, _, now) => (
      <span title={exactMoment(party.createdAt)}>
        {day(party.createdAt)} <span className={styles.none}>· {age(party.createdAt, now)}</span>
      </span>
    ),
  },
  {
    name: 'Devices',
    facts: ['device'],
    value: (party, other) => <Values values={party.devices} others={other.devices} most={2} />,
  },
  {
    name: 'Addresses',
    facts: ['address', 'network'],
    value: (party, other) => <Values values={party.addresses} others={other.addresses} most={2} />,
  },
  { name: 'Country', facts: ['country'], value: (party) => party.country ?? NONE },
  { name: 'Network', facts: ['asn'], value: (party) => party.asn ?? NONE },
  {
    name: 'Apps',
    facts: ['apps'],
    value: (party, other) => <Values values={party.apps} others={other.apps} most={3} />,
  },
  { name: 'First usage', facts: [], value: (party, _, now) => <When instant={party.firstUsageAt} now={now} /> },
  { name: 'First purchase', facts: [], value: (party, _, now) => <When instant={party.firstPurchaseAt} now={now} /> },
  {
    name: 'Credits',
    facts: [],
    value: (party) => (
      <>
        {number(party.credits)} <span className={styles.none}>· {capital(party.tier)}</span>
      </>
    ),
  },
  {
    name: 'Referrals',
    facts: [],
    value: ({ referrals }) =>
      referrals.made === 0 ? NONE : `${number(referrals.made)} made · ${number(referrals.qualified)} qualified`,
  },
  {
    name: 'Decided so far',
    facts: [],
    value: ({ referrals }) =>
      referrals.approved + referrals.rejected === 0
        ? NONE
        : `${number(referrals.rejected)} rejected · ${number(referrals.approved)} approved`,
  },
  {
    name: 'Waiting',
    facts: [],
    value: ({ referrals }) => (referrals.open === 0 ? NONE : `${number(referrals.open)} in the queue`),
  },
];

const MARK_WORDS = { equal: 'the same', near: 'nearly the same' } as const;

/** The bar between two values: solid when they are equal, broken when they are nearly so. */
function Mark({ kind }: { readonly kind: 'equal' | 'near' }) {
  return (
    <span className={styles.mark} data-kind={kind} title={capital(MARK_WORDS[kind])}>
      <span className="visually-hidden">{MARK_WORDS[kind]}</span>
    </span>
  );
}

/** The two people, fact by fact, with a bar where they are alike. */
export function PartiesPane({ file }: { readonly file: CaseFile }) {
  const now = useNow();
  const { referrer, referee } = file;
  return (
    <Pane heading="Who">
      <table className={styles.table}>
        <thead>
          <tr>
            <td />
            <th scope="col">Referrer</th>
            <th scope="col" className={styles.gap}>
              <span className="visually-hidden">Alike</span>
            </th>
            <th scope="col">Referee</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map((row) => {
            const kind = likenessOf(file.likenesses, row.facts);
            return (
              <tr key={row.name} data-alike={kind ?? undefined}>
                <th scope="row">{row.name}</th>
                <td className="selectable">{row.value(referrer, referee, now)}</td>
                <td className={styles.gap}>{kind !== null && <Mark kind={kind} />}</td>
                <td className="selectable">{row.value(referee, referrer, now)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Pane>
  );
}
