import { transportContract } from '../contract.ts';
import { makeUdpSite } from './site.testing.ts';

transportContract('udp', () => makeUdpSite());
