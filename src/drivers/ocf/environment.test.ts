import { expect, test } from 'vitest';
import type { OcfResource } from '../../core/model.ts';
import type { Verb } from '../../core/ports.ts';
import { testOp, testService } from '../contract.ts';
import { agentEnvironment } from './environment.ts';

const resource: OcfResource = {
  kind: 'ocf',
  provider: 'heartbeat',
  type: 'apache',
  params: { statusurl: 'http://[::1]/ $(x)' },
};
const place = { root: '/usr/lib/ocf', node: 'web2', tempDirectory: '/run/resource-agents' };
const service = testService('site', resource, { on: ['web1', 'web2'], check: { everyMs: 5000, timeoutMs: 3000 } });
const env = (verb: Verb, of = service) => agentEnvironment(testOp(verb, of, { timeoutMs: 3000 }), resource, place);

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

test('a parameter cannot pass for something that the driver says', () => {
  const sly = { ...resource, params: { CRM_meta_interval: '7', crm_feature_set: '0' } };
  const given = agentEnvironment(testOp('probe', service), sly, place);
  expect(given).toMatchObject({ OCF_RESKEY_CRM_meta_interval: '0', OCF_RESKEY_crm_feature_set: '3.16.2' });
});
