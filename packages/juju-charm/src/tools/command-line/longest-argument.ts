/**
 * Longest message on a command line, in bytes. Linux takes 128 KiB for one argument, with the zero that ends it; the
 * rest is room for the prefix that Juju adds.
 */
export const LONGEST_ARGUMENT = 127 * 1024;
