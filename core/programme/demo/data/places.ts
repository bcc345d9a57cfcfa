import type { Locale } from '../names.ts';
import type { Zone } from '../zones.ts';

export type Place = {
  readonly city: string;
  readonly country: string;
  readonly locale: Locale;
  readonly zone: Zone;
  readonly weight: number;
};

const CET: Zone = { minutes: 60, summer: 'eu' };
const GMT: Zone = { minutes: 0, summer: 'eu' };
const EASTERN: Zone = { minutes: -300, summer: 'us' };
const CENTRAL: Zone = { minutes: -360, summer: 'us' };
const MOUNTAIN: Zone = { minutes: -420, summer: 'us' };
const PACIFIC: Zone = { minutes: -480, summer: 'us' };
const MEXICO: Zone = { minutes: -360, summer: 'none' };
const BOGOTA: Zone = { minutes: -300, summer: 'none' };
const BRASILIA: Zone = { minutes: -180, summer: 'none' };
const ISTANBUL: Zone = { minutes: 180, summer: 'none' };
const INDIA: Zone = { minutes: 330, summer: 'none' };
const TOKYO: Zone = { minutes: 540, summer: 'none' };

function place(city: string, country: string, locale: Locale, zone: Zone, weight: number): Place {
  return { city, country, locale, zone, weight };
}

export const PLACES: readonly Place[] = [
  place('Berlin', 'DE', 'de', CET, 9),
  place('Hamburg', 'DE', 'de', CET, 6),
  place('Köln', 'DE', 'de', CET, 5),
  place('München', 'DE', 'de', CET, 6),
  place('Leipzig', 'DE', 'de', CET, 4),
  place('Freiburg', 'DE', 'de', CET, 3),
  place('Wien', 'AT', 'de', CET, 4),
  place('Zürich', 'CH', 'de', CET, 3),
  place('London', 'GB', 'gb', GMT, 6),
  place('Manchester', 'GB', 'gb', GMT, 3),
  place('Edinburgh', 'GB', 'gb', GMT, 2),
  place('Dublin', 'IE', 'gb', GMT, 2),
  place('Paris', 'FR', 'fr', CET, 5),
  place('Lyon', 'FR', 'fr', CET, 3),
  place('Bruxelles', 'BE', 'fr', CET, 2),
  place('Madrid', 'ES', 'es', CET, 4),
  place('Barcelona', 'ES', 'es', CET, 3),
  place('Milano', 'IT', 'it', CET, 3),
  place('Roma', 'IT', 'it', CET, 3),
  place('Warszawa', 'PL', 'pl', CET, 3),
  place('Kraków', 'PL', 'pl', CET, 2),
  place('Amsterdam', 'NL', 'nl', CET, 3),
  place('Utrecht', 'NL', 'nl', CET, 2),
  place('Stockholm', 'SE', 'se', CET, 2),
  place('Göteborg', 'SE', 'se', CET, 2),
  place('İstanbul', 'TR', 'tr', ISTANBUL, 3),
  place('Ankara', 'TR', 'tr', ISTANBUL, 1),
  place('New York', 'US', 'us', EASTERN, 5),
  place('Atlanta', 'US', 'us', EASTERN, 2),
  place('Chicago', 'US', 'us', CENTRAL, 3),
  place('Austin', 'US', 'us', CENTRAL, 2),
  place('Denver', 'US', 'us', MOUNTAIN, 2),
  place('San Francisco', 'US', 'us', PACIFIC, 4),
  place('Toronto', 'CA', 'us', EASTERN, 2),
  place('Ciudad de México', 'MX', 'mx', MEXICO, 3),
  place('Guadalajara', 'MX', 'mx', MEXICO, 1),
  place('Bogotá', 'CO', 'mx', BOGOTA, 2),
  place('Buenos Aires', 'AR', 'mx', BRASILIA, 2),
  place('São Paulo', 'BR', 'br', BRASILIA, 4),
  place('Rio de Janeiro', 'BR', 'br', BRASILIA, 2),
  place('Lisboa', 'PT', 'br', GMT, 2),
  place('Bengaluru', 'IN', 'in', INDIA, 3),
  place('Mumbai', 'IN', 'in', INDIA, 3),
  place('Delhi', 'IN', 'in', INDIA, 2),
  place('Tokyo', 'JP', 'jp', TOKYO, 3),
  place('Osaka', 'JP', 'jp', TOKYO, 2),
];
