/*
 * Preloaded into QEMU: takes its global lock where an instruction of AMD's virtualization raises an interrupt.
 *
 * QEMU 7.2 and 10.0 emulate these instructions without that lock, and abort in tcg_handle_interrupt: "assertion failed:
 * (bql_locked())". So the function through which all of them go is replaced by one that takes the lock first.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool (*is_locked)(void);
static void (*lock)(const char *file, int line);
static void (*unlock)(void);
static void (*handle_interrupt)(void *cpu, int mask);

static void interrupt(void *cpu, int mask) {
  bool held = is_locked();
  if (!held) lock(__FILE__, __LINE__);
  handle_interrupt(cpu, mask);
  if (!held) unlock();
}

static void *find(const char *name) {
  void *found = dlsym(RTLD_DEFAULT, name);
  if (!found) {
    fprintf(stderr, "interrupt-lock: this QEMU has no function %s; version 10.0 has\n", name);
    exit(1);
  }
  return found;
}

__attribute__((constructor)) static void replace(void) {
  /* Other programs inherit the preload too. */
  if (!dlsym(RTLD_DEFAULT, "tcg_handle_interrupt")) return;
  is_locked = find("bql_locked");
  lock = find("bql_lock_impl");
  unlock = find("bql_unlock");
  handle_interrupt = find("tcg_handle_interrupt");
  uint8_t *place = find("cpu_interrupt");
  /* movabs $interrupt, %rax; jmp *%rax */
  uint8_t jump[12] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0};
  void *target = interrupt;
  memcpy(jump + 2, &target, sizeof target);
  uintptr_t page = (uintptr_t)place & ~((uintptr_t)getpagesize() - 1);
  if (mprotect((void *)page, 2 * getpagesize(), PROT_READ | PROT_WRITE | PROT_EXEC)) {
    perror("interrupt-lock: mprotect");
    exit(1);
  }
  memcpy(place, jump, sizeof jump);
}
