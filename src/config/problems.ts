/**
 * What can be wrong with a cluster file. Every code is listed here with its meaning: the parser and the manual use one list.
 */
export const problemCodes = {
  // The text
  FILE_TOO_LARGE: 'The file is larger than a cluster file may be.',
  FILE_EMPTY: 'The file holds no text but comments.',
  YAML_SYNTAX: 'The text is not YAML; nothing else was checked.',
  YAML_TAB: 'A tab indents a line; YAML takes spaces only.',
  YAML_DOCUMENTS: 'The file holds several YAML documents; a cluster file is one.',
  YAML_TAG: 'A tag such as !name stands before a value; cluster files have none.',
  YAML_ALIAS: 'An alias (*name) has no anchor (&name) before it.',
  YAML_KEY: 'A key is not plain text.',
  YAML_TOO_LARGE: 'Written out, with its aliases followed, the file holds too many values or is nested too deep.',
  DUPLICATE_KEY: 'A key stands twice in one mapping; only one of the two could hold.',
  TOO_MANY_PROBLEMS: 'There are more problems than are shown.',

  // The form
  UNKNOWN_KEY: 'There is no such key at this place.',
  MISSING_KEY: 'A key that must be there is missing.',
  BAD_TYPE: 'The value is of the wrong form: a list in place of a number, say.',
  BAD_VALUE: 'The value is not one of those that are allowed.',
  BAD_NAME: 'A name holds characters that names cannot have, or is too long.',
  BAD_DURATION: 'The value is not a time with its unit.',
  SERVICE_KIND:
    'A service must have exactly one of agent, command, balance, address and container; a container may have a command and an agent in it.',
  BAD_RULE: 'A rule cannot be read: the place is inside of its text.',
  CONSTRAINT_FORM: 'A constraint lacks a part, or has two parts of which only one can hold.',
  TOO_MANY_NODES: 'The cluster has more nodes than are supported.',
  TOO_MANY_SERVICES: 'The cluster has more services than are supported.',

  // References
  UNKNOWN_NODE: 'There is no node of that name.',
  UNKNOWN_TEMPLATE: 'There is no template of that name.',
  UNKNOWN_SERVICE: 'There is no service or group of that name.',
  DUPLICATE_ENTRY: 'A list names the same thing twice.',
  NAME_CLASH: 'A group has the name of a service, so that nobody knows which one is meant.',
  CYCLE: 'Services wait for each other in a circle, or must run where the other one runs in a circle.',
  GROUP_NODES: 'Members of one group may run on different nodes, but a group runs on one.',
  WITH_NOWHERE: 'A service must run with another one, but no node may run both.',

  // Policies
  UNKNOWN_META: 'There is no such meta attribute, or it is said in another way in a cluster file.',
  UNKNOWN_OPTION: 'There is no such option, or it is said in another way in a cluster file.',
  RULED_CHECK: 'A rule says something of one check, and the service has several.',
  RULE_CONTEXT: 'A rule asks about something that is not known where it stands.',
  NO_ROLES: 'A role is asked of a service whose copies have none.',
  UNIQUE_COPIES:
    'Copies that differ from each other lack their number, or are asked for what only copies that are alike can do.',
  COPY_NUMBER: 'A text asks for the number of a copy where no copies differ, or gives copies what they cannot have.',
  GROUP_COPIES: 'A member of a group of which several copies run says itself in how many copies it runs.',
  CLONED_ADDRESS: 'A group or container of which several copies run has one address, which can be on one node only.',
  CONTRADICTION: 'A constraint excludes what another one, or the service itself, asks for.',
  NO_NODE_LEFT: 'Constraints forbid a service on each of its nodes.',
  NO_ROOM: 'A service takes up more than any node has room for.',

  // Network
  LINK_COUNT:
    'Nodes have different numbers of addresses; the first addresses of all nodes are link 0, the second ones link 1.',
  ADDRESS_FAMILY: 'The addresses of one link are IPv4 on one node and IPv6 on another.',
  DUPLICATE_ADDRESS: 'Two nodes or services have the same address.',
  ADDRESS_OUTSIDE: 'A virtual address lies in no network of a node that may hold it.',
  ADDRESS_PREFIX: 'The prefix of a virtual address is not written and cannot be told from the networks of the nodes.',

  // Times and numbers
  DEAD_TOO_SHORT: 'A node would be called dead before three heartbeats were missed.',
  CHECK_TIMEOUT: 'A check may last longer than the time between two checks.',
  UNCHECKED_ROLE: 'Copies of a service that are in one of its roles are never checked.',
  UNUSED_TIMEOUT: 'A time is said for an operation that the service never has.',
  TOO_MANY_INSTANCES: 'More copies are wanted than the nodes may run: one on a node, or as many as «per-node» says.',

  // Containers
  CONTAINER_OPTION: 'An option of a container is one that Sempre itself gives, or has no meaning beside another one.',

  // Balancers
  DUPLICATE_SERVER: 'Two servers of a balancer have the same id.',
  SERVER_LINK: 'A server is to be reached over a link that its node does not have.',
  PORT_CLASH: 'Two programs would listen on the same port and address of a node.',
  BALANCE_LOOP: 'A balancer and a server behind it would listen on the same port of a node.',
  HTTP_ONLY: 'The option reads or changes HTTP, which the balancer does not look at in this mode.',

  // Votes, watchdogs, fencing
  NO_VOTES: 'No node has a vote.',
  TWO_NODES_NO_CHOICE: 'Two nodes vote, and the file does not say what they do when one of them is lost.',
  UNEVEN_VOTES: 'One of two voting nodes has more votes, so that it alone decides.',
  TIE_FENCE: 'Two nodes are to fence each other, but one of them has no fence device.',
  TIE_PING: 'Two nodes are to decide by ping, but there is no address to ping.',
  TIE_WITNESS: 'A witness is to decide, but the file names none.',
  TIE_UNUSED: 'A rule for two voting nodes stands where it decides nothing.',
  PING_ADDRESS: 'An address to ping belongs to the cluster itself.',
  WITNESS_IS_NODE: 'The witness has the name of a node.',
  WITNESS_VOTE: 'The vote of the witness makes no majority safer.',
  GUEST_VOTES: 'A guest has a vote; whoever votes has a machine of its own.',
  GUEST_MACHINE: 'The machine of a guest is no service that could be one.',
  GUEST_FENCE: 'A guest has a fence device; it is fenced by stopping its machine.',
  UNKNOWN_DEVICE: 'There is no fence device of that name.',
  FENCE_OTHER_NODE: 'A node is to be switched off by a device that is for other nodes.',
  FENCE_PARAM: 'A parameter of a fence device is one that Sempre itself gives with each call.',
  WATCHDOG_UNSAID: 'A service needs its lost node to have stopped, and the file says neither a watchdog nor none.',
  LEASE_UNSURE: 'A service has takeover: lease, but its nodes do not stop by themselves with certainty.',
  NO_FENCING:
    'A service has takeover: fencing, or on-fail: fence, but nothing can switch off a node that it may run on.',

  // Warnings: the file holds, but think about it
  DEAD_SHORT: 'A node is called dead after three missed heartbeats; four or more are safer.',
  ONE_NODE: 'With one node there is nobody to take over.',
  EVEN_VOTES: 'The votes can be split in half, and then no half is a majority.',
  LEASE_TRUSTS: 'A service has takeover: lease, and no watchdog stands behind a daemon that is dead or held up.',
  HEAD_START: 'The head start in the race to fence is shorter than a fence device needs.',
  FENCE_TWICE: 'A fence device stands in two levels of one node.',
  FENCE_UNUSED: 'A fence device switches off no node.',
  FENCE_PASSWORD: 'A secret stands in the cluster file.',
  ONE_LINK: 'Nodes have one address only: one cable or switch cuts them off.',
  SHARED_NETWORK: 'Two links of a node lie in the same network and may fail together.',
  LINK_NETWORK: 'The addresses of one link lie in different networks.',
  ONE_PLACE: 'A service may run on one node only, and is down when that node is.',
  ONE_SERVER: 'A balancer has one server only.',
  GROUP_OF_ONE: 'A group has one member; a name may be misspelt.',
  LISTEN_ADDRESS: 'A balancer listens on an address that no service or node of the cluster has.',
  ONE_COPY: 'A key is about several copies of a service that has one only.',
  UNKNOWN_ATTRIBUTE: 'A rule asks about a node attribute that is nearly one of the file.',
  PATTERN_UNUSED: 'A location speaks of names of which the file has none.',
  SERIALIZE_ONE_WAY: 'An order of kind serialize says that it holds the other way round.',
  UTILIZATION_UNUSED: 'Services say what they take up, but the placement strategy does not look at it.',
  TICKET_NOT_HELD: 'A service needs a ticket of which the file does not say whether this cluster holds it.',
  FEWER_COPIES: 'A service has more copies than the service that it must run with.',
} as const;

export type ProblemCode = keyof typeof problemCodes;

/** One thing that is wrong, at its place in the file. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 code units as editors do. */
  readonly column: number;
  readonly message: string;
  readonly hint: string | null;
}
