/**
 * Longest message on a command line, in bytes. Linux allows 128 KiB for one argument, including the final zero byte. The
 * rest is reserved for the prefix that Juju adds.
 */
export const LONGEST_ARGUMENT = 127 * 1024;
