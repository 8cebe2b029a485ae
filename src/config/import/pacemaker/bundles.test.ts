import { describe, expect, test } from 'vitest';
import { clusterOf, compare } from './compare/index.ts';
import { type FromPacemaker, fromPacemaker, noHints } from './index.ts';

function imported(text: string): FromPacemaker {
  const made = fromPacemaker({ name: 'cib', text }, { ...noHints, nowS: 0 });
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}

/** Without the notes at the top. */
const body = ({ text }: FromPacemaker): string => text.replace(/^(#.*\n)*\n/, '');

const notesOn = ({ notes }: FromPacemaker, about: string): string[] =>
  notes.filter((note) => note.about === about).map(({ text }) => text);

describe('bundles', () => {
  const cib = (bundle: string, constraints = '') =>
    `<cib validate-with="pacemaker-3.0"><configuration>
<nodes><node id="1" uname="oak"/><node id="2" uname="elm"/><node id="3" uname="yew"/></nodes>
<resources>${bundle}<primitive id="ip" class="ocf" provider="heartbeat" type="Dummy"/></resources>
<constraints>${constraints}</constraints></configuration><status/></cib>`;

  const web = `<bundle id="web"><docker image="pcmk:http" replicas="3" replicas-per-host="2" options="--log-driver=journald -m 512m -e A=b --restart=always"/>
<network ip-range-start="192.168.122.131" host-interface="eth0" host-netmask="24"><port-mapping id="p" port="80"/><port-mapping id="q" port="8443" internal-port="443"/></network>
<storage><storage-mapping id="s" source-dir="/srv/html" target-dir="/var/www/html" options="rw"/>
<storage-mapping id="t" source-dir-root="/var/log/bundles" target-dir="/etc/httpd/logs"/></storage>
<primitive id="httpd" class="ocf" provider="heartbeat" type="apache"><operations><op id="m" name="monitor" interval="15s" timeout="7s"/></operations>
<instance_attributes id="i"><nvpair id="i1" name="statusurl" value="http://localhost/"/></instance_attributes></primitive></bundle>`;

  test('a bundle is a container in several copies, each with its number', () => {
    const made = imported(cib(web));
    expect(body(made)).toContain(`  web:
    container:
      image: pcmk:http
      engine: docker
      address: { ip: 192.168.122.131/24, interface: eth0 }
      ports: [ 80, 8443:443 ]
      mounts:
        - /srv/html:/var/www/html:rw
        - { from: "/var/log/bundles/web-{copy}", to: /etc/httpd/logs, create: true }
      options: [ --log-driver=journald, --memory=512m, --env=A=b ]
    command: trap "exit 0" TERM; sleep infinity & wait
    agent: ocf:heartbeat:apache
    params: { statusurl: http://localhost/ }
    instances: 3
    unique: true
    per-node: 2
    check: { every: 15s, timeout: 7s }
`);
    expect(notesOn(made, 'web').join('\n')).toContain('its option --restart=always is left out');
    const cluster = clusterOf(made);
    const copies = 'services' in cluster ? cluster.services.filter(({ copyOf }) => copyOf?.service === 'web') : [];
    expect(copies.map(({ resource }) => (resource.kind === 'container' ? resource.address?.address : ''))).toEqual([
      '192.168.122.131',
      '192.168.122.132',
      '192.168.122.133',
    ]);
    expect('services' in cluster && compare(made, cluster).differences).toEqual([]);
  });

  test('what constraints say of it, or of what runs inside, they say of the service', () => {
    const order =
      '<rsc_order id="o" first="web" then="ip"/><rsc_colocation id="c" rsc="ip" with-rsc="httpd" score="9"/>';
    const made = imported(cib(web, order));
    expect(body(made)).toContain('{ id: c, service: ip, with: web, score: 9 }');
    expect(body(made)).toContain('{ id: o, first: web, then: ip }');
  });

  test('a bundle with roles keeps them, and its numbers, where its replicas need these', () => {
    const roles = web.replace('replicas="3"', 'replicas="3" promoted-max="2"');
    const made = imported(cib(roles));
    expect(body(made)).toContain(
      '    instances: 3\n    unique: true\n    per-node: 2\n    promotable: { max: 2, per-node: 2 }\n',
    );
    expect('services' in clusterOf(made)).toBe(true);
  });

  const redis = `<bundle id="cache"><podman image="redis:1" replicas="3" promoted-max="1" network="host" run-command="redis-server"/>
<network control-port="3124"/><primitive id="redis" class="ocf" provider="heartbeat" type="redis"><operations>
<op id="m1" name="monitor" role="Master" interval="20s" timeout="60s"/><op id="m2" name="monitor" role="Slave" interval="61s" timeout="60s"/>
<op id="p" name="promote" interval="0s" timeout="130s"/><op id="d" name="demote" interval="0s" timeout="120s"/></operations>
<meta_attributes id="a"><nvpair id="n" name="notify" value="true"/></meta_attributes></primitive></bundle>`;

  test('replicas that need no number are alike, have roles, and hear of each other', () => {
    const constraints = `<rsc_colocation id="c" rsc="ip" with-rsc="cache" with-rsc-role="Master" score="INFINITY"/>
<rsc_order id="o" first="cache" first-action="promote" then="ip" then-action="start"/>
<rsc_location id="l" rsc="cache" role="Master" node="elm" score="500"/>`;
    const made = imported(cib(redis, constraints));
    expect(body(made)).toContain(`  cache:
    container: { image: redis:1, network: host }
    command: [ redis-server ]
    agent: ocf:heartbeat:redis
    instances: all
    promotable: true
    notify: true
    check:
      - { every: 20s, timeout: 1m, role: promoted }
      - { every: 61s, timeout: 1m, role: unpromoted }
    promote-timeout: 130s
    demote-timeout: 2m
`);
    expect(body(made)).toContain('{ id: c, service: ip, with: cache, with-role: promoted }');
    expect(body(made)).toContain('{ id: o, first: cache, then: ip, first-action: promote, then-action: start }');
    expect(notesOn(made, 'l').join('\n')).toContain('it had no effect, and is left out');
    const cluster = clusterOf(made);
    expect('services' in cluster && compare(made, cluster).differences).toEqual([]);
  });

  test('no replica can be named in its role', () => {
    const location = '<rsc_location id="k" rsc="cache" role="Master" node="cache-0" score="500"/>';
    expect(notesOn(imported(cib(redis, location)), 'k').join('\n')).toContain('it is about a role of replica cache-0');
  });

  test('without an agent inside, on the network of its node', () => {
    const plain = `<bundle id="vol"><podman image="localhost/vol:1" network="host" run-command="/bin/bash /usr/local/bin/run" options="--user root -v /a:/b:ro --ipc=host stray"/>
<network><port-mapping id="p" port="80"/></network></bundle>`;
    const made = imported(cib(plain));
    expect(body(made)).toContain(`  vol:
    container: { image: localhost/vol:1, network: host, options: [ --user=root, --volume=/a:/b:ro, --ipc=host ] }
    command: [ /bin/bash, /usr/local/bin/run ]
    instances: 1
    unique: true
`);
    expect(notesOn(made, 'vol').join('\n')).toContain('its option stray is left out');
    expect('services' in clusterOf(made)).toBe(true);
  });

  test('replicas that share a node and have no address count on in their ports', () => {
    const shared = web.replace(/<network.*?>/, '<network>').replace(/<primitive.*<\/primitive>/s, '');
    const made = imported(cib(shared));
    expect(body(made)).toContain('ports: [ "{copy+80}:80", "{copy+8443}:443" ]');
    expect('services' in clusterOf(made)).toBe(true);
  });
});
