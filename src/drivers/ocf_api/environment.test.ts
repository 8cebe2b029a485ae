import { expect, test } from 'vitest';
import type { OcfResource } from '../../core/model.ts';
import type { AgentOp, Verb } from '../../core/ports.ts';
import { testOp, testService } from '../contract.ts';
import { type AskedOp, agentEnvironment } from './environment.ts';

const resource: OcfResource = {
  kind: 'ocf',
  provider: 'heartbeat',
  type: 'apache',
  params: { statusurl: 'http://[::1]/ $(x)' },
  paramsOn: {},
};
const place = {
  root: '/usr/lib/ocf',
  node: 'web2',
  tempDirectory: '/run/resource-agents',
  scorePath: null,
  attributesDirectory: '/run/sempre/ocf-attributes',
  tools: '/opt/sempre/tools',
};
const service = testService('site', resource, { on: ['web1', 'web2'], check: { everyMs: 5000, timeoutMs: 3000 } });
const env = (verb: Verb, of = service, more: Partial<AgentOp> = {}) =>
  agentEnvironment(testOp(verb, of, { timeoutMs: 3000, ...more }) as AskedOp, resource, place);

test('says who the service is and what it was told', () => {
  expect(env('start')).toMatchObject({
    OCF_ROOT: '/usr/lib/ocf',
    OCF_RA_VERSION_MAJOR: '1',
    OCF_RA_VERSION_MINOR: '1',
    OCF_RESOURCE_INSTANCE: 'site',
    OCF_RESOURCE_PROVIDER: 'heartbeat',
    OCF_RESOURCE_TYPE: 'apache',
    OCF_RESKEY_statusurl: 'http://[::1]/ $(x)',
    OCF_CHECK_LEVEL: '0',
    OCF_RESKEY_CRM_meta_on_node: 'web2',
    OCF_RESKEY_CRM_meta_name: 'start',
    OCF_RESKEY_CRM_meta_timeout: '3000',
    OCF_RESKEY_CRM_meta_interval: '0',
    HA_RSCTMP: '/run/resource-agents',
    LC_ALL: 'C',
  });
});

test('a check has an interval and a probe has none, by which agents tell them apart', () => {
  const asked = (verb: Verb) => {
    const { OCF_RESKEY_CRM_meta_name: name, OCF_RESKEY_CRM_meta_interval: interval } = env(verb);
    return [name, interval];
  };
  expect(asked('check')).toEqual(['monitor', '5000']);
  expect(asked('probe')).toEqual(['monitor', '0']);
  expect(asked('stop')).toEqual(['stop', '0']);
});

test('one of several checks has its own interval, and says how thorough it is', () => {
  const check = { everyMs: 60_000, timeoutMs: 40_000, role: null, level: 10, onFail: null };
  expect(env('check', service, { check })).toMatchObject({
    OCF_CHECK_LEVEL: '10',
    OCF_RESKEY_CRM_meta_interval: '60000',
  });
  expect(env('check')).toMatchObject({ OCF_CHECK_LEVEL: '0' });
});

test('only a clone hears of clones', () => {
  expect(Object.keys(env('start')).some((name) => name.includes('clone'))).toBe(false);
  expect(env('start', { ...service, clone: true, instances: 2 })).toMatchObject({
    OCF_RESOURCE_INSTANCE: 'site',
    OCF_RESKEY_CRM_meta_clone: '1',
    OCF_RESKEY_CRM_meta_clone_max: '2',
    OCF_RESKEY_CRM_meta_clone_node_max: '1',
    OCF_RESKEY_CRM_meta_globally_unique: 'false',
  });
});

test('a parameter may be otherwise on a node', () => {
  const own = { ...resource, paramsOn: { web2: { statusurl: 'http://b/', port: '81' }, web1: { port: '82' } } };
  const on = (node: string) => agentEnvironment(testOp('start', service) as AskedOp, own, { ...place, node });
  expect(on('web2')).toMatchObject({ OCF_RESKEY_statusurl: 'http://b/', OCF_RESKEY_port: '81' });
  expect(on('web1')).toMatchObject({ OCF_RESKEY_statusurl: 'http://[::1]/ $(x)', OCF_RESKEY_port: '82' });
  expect(on('web3')).not.toHaveProperty('OCF_RESKEY_port');
});

test('a parameter cannot pass for something that the driver says', () => {
  const sly = { ...resource, params: { CRM_meta_interval: '7', crm_feature_set: '0' } };
  const given = agentEnvironment(testOp('probe', service) as AskedOp, sly, place);
  expect(given).toMatchObject({ OCF_RESKEY_CRM_meta_interval: '0', OCF_RESKEY_crm_feature_set: '3.16.2' });
});

test('a promotable service hears of its limits by the new names and the old ones, and a check of its role', () => {
  const db = { ...service, clone: true, instances: 2, promotable: { max: 1, perNode: 1 } };
  expect(env('check', db, { role: 'promoted' })).toMatchObject({
    OCF_RESKEY_CRM_meta_promoted_max: '1',
    OCF_RESKEY_CRM_meta_promoted_node_max: '1',
    OCF_RESKEY_CRM_meta_master_max: '1',
    OCF_RESKEY_CRM_meta_role: 'Promoted',
  });
  expect(env('probe', db)).not.toHaveProperty('OCF_RESKEY_CRM_meta_role');
});

test('both ends of a migration name both', () => {
  const ends = { OCF_RESKEY_CRM_meta_migrate_source: 'web1', OCF_RESKEY_CRM_meta_migrate_target: 'web2' };
  expect(env('migrateFrom', service, { peer: 'web1' })).toMatchObject({
    ...ends,
    OCF_RESKEY_CRM_meta_name: 'migrate_from',
  });
  expect(
    agentEnvironment(testOp('migrateTo', service, { peer: 'web2' }) as AskedOp, resource, { ...place, node: 'web1' }),
  ).toMatchObject({ ...ends, OCF_RESKEY_CRM_meta_name: 'migrate_to' });
  expect(Object.keys(env('start')).some((name) => name.includes('migrate'))).toBe(false);
});

test('a notice says what happens where, by node and by copy', () => {
  const nobody = { start: [], stop: [], promote: [], demote: [], promoted: [], unpromoted: [], inactive: [] };
  const notice = {
    ...nobody,
    type: 'pre',
    operation: 'promote',
    promote: ['web2'],
    active: ['web1', 'web2'],
    unpromoted: ['web1', 'web2'],
    available: ['web1', 'web2'],
  } as const;
  const given = env('notify', { ...service, clone: true, instances: 2, notify: true }, { notice });
  expect(given).toMatchObject({
    OCF_RESKEY_CRM_meta_notify: 'true',
    OCF_RESKEY_CRM_meta_notify_type: 'pre',
    OCF_RESKEY_CRM_meta_notify_operation: 'promote',
    OCF_RESKEY_CRM_meta_notify_promote_uname: 'web2',
    OCF_RESKEY_CRM_meta_notify_promote_resource: 'site:1',
    OCF_RESKEY_CRM_meta_notify_active_uname: 'web1 web2',
    OCF_RESKEY_CRM_meta_notify_slave_uname: 'web1 web2',
    OCF_RESKEY_CRM_meta_notify_master_uname: '',
    OCF_RESKEY_CRM_meta_notify_stop_resource: '',
    OCF_RESKEY_CRM_meta_notify_available_uname: 'web1 web2',
  });
});

test('a copy that differs from the others knows its number, and how many there are', () => {
  const copyOf = { service: 'site', number: 3, max: 4, perNode: 2 };
  expect(env('start', { ...service, id: 'site:3', copyOf })).toMatchObject({
    OCF_RESOURCE_INSTANCE: 'site:3',
    OCF_RESKEY_CRM_meta_clone: '3',
    OCF_RESKEY_CRM_meta_clone_max: '4',
    OCF_RESKEY_CRM_meta_clone_node_max: '2',
    OCF_RESKEY_CRM_meta_globally_unique: 'true',
    HA_LOGTAG: 'apache(site:3)',
  });
});
