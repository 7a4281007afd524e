# Takes keys of the kernel and prints how many it got. Argument: how many it wants.
use strict;
use warnings;

my ($add, $control) = @{ { x86_64 => [248, 250], aarch64 => [217, 219] }->{ (split ' ', `uname -m`)[0] } };
# A keyring of its own, which goes with the process.
syscall($control, 1, 0);
my ($taken, $error) = (0, '');
while ($taken < $ARGV[0]) {
  my ($type, $name, $content) = ('user', "key-$taken", 'content');
  # The keyring of the process is -2.
  if (syscall($add, $type, $name, $content, length $content, -2) < 0) { $error = "$!"; last }
  $taken++;
}
$| = 1;
print "{\"taken\":$taken,\"error\":\"$error\"}\n";
# Keeps them.
sleep 60 if $error;
