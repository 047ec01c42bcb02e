# Starts one program in its own session and ends it when the owner's pipe closes.
#
#   perl - LOG CWD GRACE pipe|lasting|detached HEIR PROGRAM ARGUMENT...
#
# This text comes first on standard input. After it, standard input is the owner's pipe, standard output tells the owner, a line each:
#   forked PID      the child exists and waits; the owner notes its identity and answers "go"
#   started         the program runs
#   failed TEXT     it could not be started
#   ended STATUS    it ended: exit status, or 128 + signal (pipe only)
# The owner may send: "term" (TERM, after GRACE seconds KILL), "kill" (KILL at once) and "leave" (from now on nobody owns the program).
# At end of file: as "term" when GRACE > 0, else as "kill". Signals go to the child's process group.
# "lasting": at end of file it gets TERM alone, and all the time it needs to finish.
# HEIR, unless empty, names a FIFO to be made: who has it open for writing owns the program beside the pipe, and the end comes
# only when neither pipe nor FIFO has anybody. So a program changes its owner without a moment of having none.
# "detached": exits once the program runs; nobody ends it.
use strict;
use warnings;
use POSIX qw(:sys_wait_h setsid dup2 mkfifo WNOHANG);
use Errno qw(EINTR EAGAIN);
use Fcntl qw(O_RDONLY O_NONBLOCK);
use IO::Handle;

my ($log, $cwd, $grace, $mode, $fifo, @argv) = @ARGV;
my $detached = $mode eq 'detached';
$SIG{PIPE} = 'IGNORE';
$SIG{$_} = 'IGNORE' for qw(INT HUP);
STDOUT->autoflush(1);
setsid();    # a signal to the owner's group, as Ctrl-C sends it, is not for us
umask 077;

my $heir;
if ($fifo ne '') {
    unlink $fifo;
    mkfifo($fifo, 0600) && sysopen($heir, $fifo, O_RDONLY | O_NONBLOCK) or fail("can not make $fifo: $!");
}
pipe(my $wait_r, my $wait_w) or fail("pipe: $!");
pipe(my $said_r, my $said_w) or fail("pipe: $!");
my $parent = $$;
my $pid = fork();
fail("fork: $!") unless defined $pid;
child() if $pid == 0;
close $wait_r;
close $said_w;
say_line("forked $pid");

# The child waits until its identity is on record, so that no program ever runs unrecorded.
my $go = read_line();
if (!defined $go || $go ne 'go') {
    kill 'KILL', $pid;
    waitpid $pid, 0;
    exit 1;
}
syswrite $wait_w, "g";
close $wait_w;
my $complaint = '';
while (1) {
    my $n = sysread $said_r, $complaint, 4096, length $complaint;
    next if !defined $n && $! == EINTR;
    last unless $n;
}
if (length $complaint) {
    waitpid $pid, 0;
    fail($complaint);
}
say_line("started");
exit 0 if $detached;

my $kill_at;
my ($open, $over) = (1, 0);    # whether the pipe is, whether the last owner has gone
# TERM to the guardian itself means: end the child, then go.
$SIG{TERM} = sub { term() };
$SIG{CHLD} = sub { };
while (1) {
    my $ended = waitpid $pid, WNOHANG;
    if ($ended == $pid || $ended == -1) {
        my $status = WIFSIGNALED($?) ? 128 + WTERMSIG($?) : WEXITSTATUS($?);
        kill 'KILL', -$pid;    # what the program left in its group
        say_line("ended $status");
        exit 0;
    }
    kill 'KILL', -$pid if defined $kill_at && time >= $kill_at;
    # A signal between the checks and select is noticed a second later at most.
    my $bits = '';
    vec($bits, fileno($open ? *STDIN : $heir), 1) = 1 if !$over;
    my $ready = select $bits, undef, undef, 1;
    next if $over || ($open && $ready <= 0);
    my $word = $open ? read_line() : undef;
    if (!defined $word) {
        $open = 0;
        next if inherited();
        $over = 1;
        $mode eq 'lasting' ? kill('TERM', -$pid) : $grace > 0 ? term() : kill 'KILL', -$pid;
    } elsif ($word eq 'term') {
        term();
    } elsif ($word eq 'kill') {
        kill 'KILL', -$pid;
    } elsif ($word eq 'leave') {
        $over = 1;
    }
}

# An heir writes into the FIFO to leave the program to nobody; its end of file means that nobody has it open.
sub inherited {
    return 0 unless $heir;
    my $n = sysread $heir, my $byte, 1;
    $over = 1 if $n;
    return $n || !defined $n && $! == EAGAIN;
}

sub term {
    return if defined $kill_at;
    $kill_at = time + ($grace > 0 ? $grace : 0);
    kill 'TERM', -$pid;
}

sub child {
    setsid();
    close $wait_w;
    close $said_r;
    # Linux: the kernel kills the child when the guardian dies, whatever killed it.
    if (!$detached && $^O eq 'linux') {
        my $machine = (POSIX::uname())[4];
        my %prctl = (x86_64 => 157, aarch64 => 167);
        syscall $prctl{$machine}, 1, 9, 0, 0, 0 if $prctl{$machine};
        POSIX::_exit(1) if getppid() != $parent;
    }
    my $byte = '';
    my $n;
    do { $n = sysread $wait_r, $byte, 1 } while !defined $n && $! == EINTR;
    POSIX::_exit(1) unless $n;
    close $wait_r;
    $SIG{$_} = 'DEFAULT' for qw(PIPE INT HUP);
    eval {
        chdir $cwd or die "can not change to $cwd: $!\n";
        open my $null, '<', '/dev/null' or die "/dev/null: $!\n";
        open my $out, '>>', $log or die "can not write $log: $!\n";
        dup2(fileno($null), 0);
        dup2(fileno($out), 1);
        dup2(fileno($out), 2);
        no warnings 'exec';
        exec { $argv[0] } @argv or die "can not run $argv[0]: $!\n";
    };
    syswrite $said_w, $@;
    POSIX::_exit(127);
}

sub read_line {
    my $line = '';
    while (1) {
        my $n = sysread STDIN, my $byte, 1;
        next if !defined $n && $! == EINTR;
        return undef unless $n;
        return $line if $byte eq "\n";
        $line .= $byte;
    }
}

sub say_line { syswrite STDOUT, "$_[0]\n" }

sub fail {
    my $text = $_[0];
    $text =~ s/\s+/ /g;
    say_line("failed $text");
    exit 1;
}
__END__
