# Runs one program in a session of its own, so that the terminal's signals do not reach it, and ends
# it when standard input closes: perl -e TEXT PROGRAM ARGUMENT...
use strict;
use warnings;
use POSIX ();
POSIX::setsid();
my $pid = fork // die "fork: $!\n";
if (!$pid) {
    open STDIN, '<', '/dev/null';
    exec { $ARGV[0] } @ARGV or POSIX::_exit(127);
}
$SIG{CHLD} = sub { };
$SIG{TERM} = sub { kill 'KILL', $pid };
while (waitpid($pid, POSIX::WNOHANG()) == 0) {
    my $in = '';
    vec($in, 0, 1) = 1;
    next if select($in, undef, undef, 1) <= 0;
    next if sysread STDIN, my $word, 1;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    POSIX::_exit(1);
}
POSIX::_exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
