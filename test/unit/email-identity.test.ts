import { expect, test } from 'vitest';
import { emailIdentity } from '../../core/engine/email/identity.ts';

const local = (address: string): string | undefined => emailIdentity(address)?.local;

test('a canonical local part has no tag, no ignored dots, no trailing digits and no capitals', () => {
  expect(local('Anna.Mueller+shop@gmail.com')).toBe('annamueller');
  expect(local('anna.mueller87@example.com')).toBe('anna.mueller');
  expect(local('annamueller-2@yahoo.com')).toBe('annamueller');
  expect(local('anna-mueller@example.com')).toBe('anna-mueller');
});

test('dots count where the provider tells them apart', () => {
  expect(local('anna.mueller@web.de')).toBe('anna.mueller');
  expect(local('anna.mueller@proton.me')).toBe('annamueller');
});

test('an address of digits alone keeps them', () => {
  expect(local('4711@qq.com')).toBe('4711');
});

test('short names and names of a role are weak', () => {
  expect(emailIdentity('lena@example.com')?.weak).toBe(true);
  expect(emailIdentity('lenak@example.com')?.weak).toBe(false);
  expect(emailIdentity('support@example.com')?.weak).toBe(true);
});

test('a domain below a disposable one is disposable, a domain that ends alike is not', () => {
  expect(emailIdentity('a@mailinator.com')?.disposableDomain).toBe('mailinator.com');
  expect(emailIdentity('a@eu.mailinator.com')?.disposableDomain).toBe('mailinator.com');
  expect(emailIdentity('a@xmailinator.example')?.disposableDomain).toBeNull();
  expect(emailIdentity('a@duck.com')?.disposableDomain).toBeNull();
});

test('text without a local part or a domain has no identity', () => {
  expect([emailIdentity('@example.com'), emailIdentity('anna@'), emailIdentity('anna')]).toEqual([null, null, null]);
});
