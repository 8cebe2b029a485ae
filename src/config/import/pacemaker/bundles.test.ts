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

  test('a bundle with roles loses them, in its constraints too', () => {
    const roles = web.replace('replicas="3"', 'replicas="3" promoted-max="1"');
    const order = '<rsc_order id="o" first="web" first-action="promote" then="ip"/>';
    const made = imported(cib(roles, order));
    expect(body(made)).toContain('{ id: o, first: web, then: ip }');
    expect(notesOn(made, 'web').join('\n')).toContain('its replicas have roles');
    expect('services' in clusterOf(made)).toBe(true);
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
