/** Turns what the operating system throws into words for a person. */
const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'it is a directory',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'input/output error of the disk',
  EMFILE: 'too many open files',
  EADDRINUSE: 'another program uses it already',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ECONNREFUSED: 'nobody listens there',
  ENAMETOOLONG: 'the path is too long',
};

/** The reason in words, without path and stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return (code !== undefined && words[code]) || error.message;
}
