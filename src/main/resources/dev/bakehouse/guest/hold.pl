# Runs one program in a session of its own, so that the terminal's signals do not reach it, and ends
# it when standard input closes: perl -e TEXT HEIR PROGRAM ARGUMENT...
# HEIR, unless empty, is a FIFO: as in guardian.pl, who has it open for writing keeps the program alive too.
use strict;
use warnings;
use POSIX ();
use Errno qw(EAGAIN);
use Fcntl qw(O_RDONLY O_NONBLOCK);
my $fifo = shift @ARGV;
my $heir;
$fifo eq '' or sysopen $heir, $fifo, O_RDONLY | O_NONBLOCK or die "$fifo: $!\n";
POSIX::setsid();
my $pid = fork // die "fork: $!\n";
if (!$pid) {
    open STDIN, '<', '/dev/null';
    exec { $ARGV[0] } @ARGV or POSIX::_exit(127);
}
my $open = 1;
$SIG{CHLD} = sub { };
$SIG{TERM} = sub { kill 'KILL', $pid };
while (waitpid($pid, POSIX::WNOHANG()) == 0) {
    my $in = '';
    vec($in, $open ? 0 : fileno $heir, 1) = 1;
    next if select($in, undef, undef, 1) <= 0 && $open;
    next if $open && sysread STDIN, my $word, 1;
    $open = 0;
    next if $heir && !defined sysread($heir, my $byte, 1) && $! == EAGAIN;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    POSIX::_exit(1);
}
POSIX::_exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
