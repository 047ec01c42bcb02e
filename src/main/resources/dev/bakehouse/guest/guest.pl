#!/usr/bin/perl
# The part of Bakehouse that lives in a guest. Needs nothing but perl-base.
#
#   guest.pl serve      control protocol on the virtio-serial port dev.bakehouse.ctl (run by systemd)
#   guest.pl serve -    the same on standard input and output (macOS guests: by `tart exec`)
#   guest.pl run        one command: the request comes on standard input, the output goes to ours
#
# Frame on the wire: "\n" STUFFED "\n". Unstuffed: "BKH1", length, sum of bytes (32 bits, big-endian
# each), payload. "\n" never occurs inside, so a half frame of an earlier peer spoils nothing.
# Payload: fields, each a 32-bit length and its bytes. Request: session, number, verb, arguments.
# Answer: session, number, "ok" or "error", values.
#
# "run" is started for every command, and a module costs as much as all of it: up to its end this file uses
# none. Tests compile it with strict and warnings.
our $linux;
my ($dir, %call, $create, $exclusive, $nonblock, $again);

BEGIN {
    $linux = $^O eq 'linux';
    $dir   = $ENV{BAKEHOUSE_RUN_DIR} // ($linux ? '/run/bakehouse' : '/var/run/bakehouse');
    ($create, $exclusive, $nonblock, $again) = $linux ? (0100, 0200, 04000, 11) : (0x200, 0x800, 4, 35);
    # By the machine in perl's own ELF header: x86-64 is 62, AArch64 183.
    my %known = (
        62  => { settime => 227, prctl => 157, setsid => 112 },
        183 => { settime => 112, prctl => 167, setsid => 157 },
    );
    if ($linux && open my $perl, '<:raw', '/proc/self/exe') {
        read $perl, my $elf, 20;
        %call = %{ $known{ unpack 'x18v', $elf } // {} };
    }
}

sub own_session {
    return syscall $call{setsid} + 0 if $call{setsid};
    require POSIX;
    return POSIX::setsid();
}

sub fields { return join '', map { pack('N', length) . $_ } @_ }

sub unfields {
    my ($bytes) = @_;
    my ($at, @all) = (0);
    while ($at < length $bytes) {
        return if $at + 4 > length $bytes;
        my $size = unpack 'N', substr $bytes, $at, 4;
        return if $at + 4 + $size > length $bytes;
        push @all, substr $bytes, $at + 4, $size;
        $at += 4 + $size;
    }
    return @all;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or return;
    local $/;
    return scalar <$in>;
}

# Writes a file whole or not at all.
sub spit {
    my ($file, $mode, $bytes) = @_;
    my $new = "$file.bakehouse-new";
    unlink $new;
    sysopen my $out, $new, 1 | $create | $exclusive, $mode or die "can not create $new: $!\n";
    binmode $out;
    (print {$out} $bytes and close $out) or die "can not write $new: $!\n";
    chmod $mode, $new;
    rename $new, $file or die "can not rename $new to $file: $!\n";
}

# ---- runs: files ID.started and ID.ended, and a FIFO that says "look again" ----

sub run_file {
    my ($id, $kind) = @_;
    die "bad run id\n" if $id !~ /\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z/;
    return "$dir/runs/$id.$kind";
}

sub poke {
    sysopen my $fifo, "$dir/poke", 1 | $nonblock or return;
    syswrite $fifo, '.';
}

# ---- run ----

sub unblock { fcntl $_[0], 4, fcntl($_[0], 3, 0) | $nonblock }    # F_SETFL, F_GETFL

sub read_exactly {
    my ($size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        my $got = sysread STDIN, $bytes, $size - length $bytes, length $bytes;
        die "the request is cut short\n" if !$got;
    }
    return $bytes;
}

sub child {
    my ($go, $options, $argv, $env, $so, $se) = @_;
    own_session();
    sysread $go, my $word, 1 or exit 125;
    open STDIN,  '<', '/dev/null' if $options !~ /stdin/;
    open STDOUT, '>&', $so;
    open STDERR, '>&', $options =~ /merged/ ? $so : $se;
    $SIG{$_} = 'DEFAULT' for qw(PIPE HUP CHLD INT TERM QUIT);
    %ENV = ();
    for (@$env) {
        my ($name, $value) = split /=/, $_, 2;
        $ENV{$name} = $value if length $name && defined $value;
    }
    { exec { $argv->[0] } @$argv }
    my $status = $! == 2 || $! == 20 ? 127 : 126;    # no such file, not a directory
    syswrite STDERR, "bakehouse: $argv->[0]: " . ($status == 127 ? 'command not found' : "$!") . "\n";
    exit $status;
}

sub run {
    $SIG{$_} = 'IGNORE' for qw(PIPE HUP INT TERM QUIT);
    my ($magic, $size) = unpack 'a4N', read_exactly(8);
    die "not a request\n" if $magic ne 'BKR1';
    my ($id, $cwd, $options, $count, @rest) = unfields(read_exactly($size));
    my @argv = splice @rest, 0, $count;
    my ($linger) = $options =~ /linger=([\d.]+)/;
    umask 022;
    if (!chdir $cwd) {
        spit(run_file($id, 'ended'), 0644, "failed can not enter the directory $cwd: $!");
        poke();
        return 0;
    }
    syscall($call{prctl} + 0, 36, 1, 0, 0, 0) if $call{prctl};    # be their reaper
    pipe my $go_r,   my $go_w   or die "pipe: $!\n";
    pipe my $bell_r, my $bell_w or die "pipe: $!\n";
    pipe my $out_r,  my $out_w  or die "pipe: $!\n";
    pipe my $err_r,  my $err_w  or die "pipe: $!\n";
    unblock($_) for $out_r, $err_r, $bell_r;
    local $SIG{CHLD} = sub { syswrite $bell_w, '.' };
    my $pid = fork // die "fork: $!\n";
    if (!$pid) { close $go_w; child($go_r, $options, \@argv, \@rest, $out_w, $err_w) }
    close $_ for $out_w, $err_w, $go_r;
    # The lock is held as long as this process lives: without it and without an end, the run is lost.
    sysopen my $mark, run_file($id, 'started'), 2 | $create | $exclusive, 0644 or die "$dir: $!\n";
    flock $mark, 2;
    syswrite $mark, "$pid $$ ";
    syswrite $go_w, 'x';
    close $go_w;
    my $ended = sub {
        my ($status) = @_;
        my $how = $status & 127 ? 'signal ' . ($status & 127) : 'exit ' . ($status >> 8);
        spit(run_file($id, 'ended'), 0644, $how);
        poke();
    };
    return pump([ [ $out_r, \*STDOUT, '', 0 ], [ $err_r, \*STDERR, '', 0 ] ], $bell_r, $pid, $ended, $linger // 0.5);
}

# Moves output until the command has ended and its output too, or has been quiet for `linger` seconds
# (something left behind may hold it open). Returns 0 when all of it was delivered, else 74.
sub pump {
    my ($streams, $bell, $pid, $ended, $linger) = @_;
    my ($over, $lost, $limit) = (0, 0);
    unblock($_->[1]) for @$streams;
    while (1) {
        my ($r, $w) = ('', '');
        my $open = grep { $_->[0] } @$streams;
        my $held = grep { $_->[2] ne '' } @$streams;
        last if $over && !$open && !$held;
        vec($r, fileno $bell, 1) = 1;
        for (@$streams) {
            vec($r, fileno $_->[0], 1) = 1 if $_->[0] && length $_->[2] < 262144;
            vec($w, fileno $_->[1], 1) = 1 if $_->[2] ne '';
        }
        my $ready = select $r, $w, undef, $over ? $linger : undef;
        next if $ready < 0;
        $limit = time + 5 if $held;
        if ($over && $open && !$held && ($ready == 0 || time > $limit)) { $_->[0] = undef for @$streams; next }
        if (vec $r, fileno $bell, 1) { sysread $bell, my $dots, 4096 }
        while ((my $gone = waitpid -1, 1) > 0) {
            next if $gone != $pid;
            $ended->($?);
            ($over, $limit) = (1, time + 5);
        }
        for (@$streams) {
            my ($from, $to) = @$_;
            if ($from && vec $r, fileno $from, 1) {
                my $got = sysread $from, $_->[2], 65536, length $_->[2];
                $_->[3] += $got // 0 if $over;
                $_->[0] = undef if defined $got && !$got or $_->[3] > 1 << 20;
            }
            next if $_->[2] eq '';
            my $sent = $lost ? undef : syswrite $to, $_->[2];
            if (defined $sent) { substr $_->[2], 0, $sent, '' }
            elsif ($lost || !($! == $again || $! == 4)) { ($lost, $_->[2]) = (1, '') }
        }
    }
    return $lost ? 74 : 0;
}

# "run" starts here: it must be quick, and the rest of this text would only be read for nothing.
BEGIN {
    if (($ARGV[0] // '') eq 'run') {
        my $status = eval { run() };
        print STDERR "bakehouse: $@" if !defined $status;
        exit($status // 70);
    }
}

use strict;
use warnings;
use Fcntl;
use POSIX ();
use constant VERSION  => 1;
use constant MAX_LINE => 64 << 20;
use constant PORT     => 'dev.bakehouse.ctl';

sub frame {
    my $payload = fields(@_);
    my $body = 'BKH1' . pack('NN', length $payload, unpack '%32C*', $payload) . $payload;
    $body =~ s/([\x1b\n])/$1 eq "\n" ? "\x1b\x02" : "\x1b\x01"/ge;
    return "\n$body\n";
}

sub unframe {
    my ($line) = @_;
    $line =~ s/\x1b(.)/$1 eq "\x02" ? "\n" : "\x1b"/gse;
    return if length $line < 12 || substr($line, 0, 4) ne 'BKH1';
    my ($size, $sum) = unpack 'NN', substr $line, 4, 8;
    my $payload = substr $line, 12;
    return if $size != length $payload || $sum != unpack '%32C*', $payload;
    return unfields($payload);
}

# none | running PID | exit N | signal N | failed WHY | lost
sub run_state {
    my ($id) = @_;
    my $read = sub {
        my $ended = slurp(run_file($id, 'ended')) // return;
        return split / /, $ended, 2;
    };
    my @ended = $read->();
    return @ended if @ended;
    open my $mark, '+<', run_file($id, 'started') or return ('none');
    my ($pid) = split / /, scalar <$mark>;
    return ('running', $pid) if !flock $mark, 6;    # LOCK_EX | LOCK_NB
    @ended = $read->();
    return @ended ? @ended : ('lost');
}

# Process table: pid => [parent, group, session]. The dead that nobody has reaped yet get no signal.
sub processes {
    my %all;
    if ($linux) {
        for my $stat (glob '/proc/[0-9]*/stat') {
            my $line = slurp($stat) // next;
            $line =~ /\A(\d+) \(.*\) [^Z] (\d+) (\d+) (\d+) /s and $all{$1} = [ $2, $3, $4 ];
        }
    }
    else {
        for (qx(ps -A -o pid=,ppid=,pgid=)) {
            /(\d+)\s+(\d+)\s+(\d+)/ and $all{$1} = [ $2, $3, $3 ];
        }
    }
    return \%all;
}

# Signals all that a run started: its session, its group, and what lies below the runner.
sub signal_run {
    my ($id, $signal) = @_;
    my ($leader, $runner) = split / /, slurp(run_file($id, 'started')) // die "no run $id\n";
    my %done;
    for my $pass (1 .. 5) {
        my $all = processes();
        my %hit = map { $_ => 1 } grep { $all->{$_}[1] == $leader || $all->{$_}[2] == $leader } keys %$all;
        my $more = 1;
        while ($more) {
            $more = 0;
            for my $pid (keys %$all) {
                my $parent = $all->{$pid}[0];
                next if $hit{$pid} || !($hit{$parent} || $parent == $runner);
                $hit{$pid} = $more = 1;
            }
        }
        # Parents first: a shell must have its own signal before it sees its command die of one.
        my @new = sort { $a <=> $b } grep { !$done{$_}++ } keys %hit;
        kill $signal, @new if @new;
        last if !@new || $signal ne 'KILL';
    }
    return scalar keys %done;
}

# ---- identity ----

# Whether the control channel is our standard input and output.
my $stdio;

# macOS reseeds from what is written to this device; its other one takes nothing.
sub stir {
    my ($entropy) = @_;
    sysopen my $random, '/dev/random', O_WRONLY or die "can not open /dev/random: $!\n";
    syswrite $random, $entropy or die "can not write to /dev/random: $!\n";
}

sub reseed {
    my ($entropy) = @_;
    sysopen my $random, '/dev/urandom', O_RDWR or die "can not open /dev/urandom: $!\n";
    my $pool = pack('ll', 8 * length $entropy, length $entropy) . $entropy;
    ioctl $random, 0x40085203, $pool or die "RNDADDENTROPY: $!\n";
    my $none = 0;
    ioctl $random, 0x5207, $none or die "RNDRESEEDCRNG: $!\n";
}

sub set_clock {
    my ($seconds, $nanos) = @_;
    if ($linux && $call{settime}) {
        my $when = pack 'qq', $seconds, $nanos;
        syscall($call{settime} + 0, 0, $when) == 0 or die "clock_settime: $!\n";
        return;
    }
    tool('date', '-u', POSIX::strftime('%m%d%H%M%Y.%S', gmtime $seconds));    # macOS's own spelling
}

# Runs a program whose output must not come into ours: that may be the control channel.
sub tool {
    my @words = @_;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN,  '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        no warnings 'exec';
        exec { $words[0] } @words;
        POSIX::_exit(127);
    }
    waitpid $pid, 0;
    die "`@words` ended with status " . ($? >> 8 || $?) . "\n" if $?;
}

our $etc = '/etc';

sub name_linux {
    my %id = @_;
    spit("$etc/hostname", 0644, "$id{hostname}\n");
    open my $live, '>', '/proc/sys/kernel/hostname' or die "can not set the hostname: $!\n";
    (print {$live} $id{hostname} and close $live) or die "can not set the hostname: $!\n";
    spit("$etc/hosts", 0644, $id{hosts});
    spit("$etc/machine-id", 0444, "$id{'machine-id'}\n");
}

# macOS has no machine id to give: its hardware UUID is the VM's. A name that is not in hosts makes
# programs wait for mDNS.
sub name_darwin {
    my %id = @_;
    tool('scutil', '--set', $_, $id{hostname}) for qw(HostName LocalHostName ComputerName);
    my @hosts = grep { !/ # bakehouse$/ } split /^/, slurp("$etc/hosts") // "127.0.0.1 localhost\n::1 localhost\n";
    spit("$etc/hosts", 0644, join '', @hosts, "127.0.0.1 $id{hostname} # bakehouse\n");
}

our $sshd;    # pid of ours

sub pause { select undef, undef, undef, $_[0] }

# The FIFO an sshd waits at, open for writing, once that sshd has it open; nothing when there is none.
# Until then the FIFO stays: an sshd that has looked it up and not opened it yet would wait for ever at
# one that is gone.
sub waiting_sshd {
    my ($key) = @_;
    my $end = time + 30;
    while (-p $key) {
        if (sysopen my $waiting, $key, O_WRONLY | O_NONBLOCK) { return $waiting }
        return if !$sshd || waitpid($sshd, POSIX::WNOHANG()) || time > $end;
        pause(0.002);
    }
    return;
}

# An sshd that waits reads its key twice; the file is in place before it sees the end of the first.
sub host_key {
    my %id      = @_;
    my $key     = "$etc/ssh/ssh_host_ed25519_key";
    my $waiting = waiting_sshd($key);
    syswrite $waiting, $id{'host-key'} if $waiting;
    spit("$key.pub", 0644, $id{'host-key-public'});
    spit($key, 0600, $id{'host-key'});
}

# launchd holds port 22 and starts sshd once a connection, so it always reads the newest keys.
sub serve_ssh_darwin {
    my $service = 'system/com.openssh.sshd';
    return if eval { tool('launchctl', 'print', $service); 1 };
    eval { tool('launchctl', 'enable', $service); tool('launchctl', 'bootstrap', 'system', '/System/Library/LaunchDaemons/ssh.plist'); 1 }
        or die "Remote Login is off in this image and can not be turned on: $@";
}

sub identify {
    my %id = @_;
    $linux ? reseed($id{entropy}) : stir($id{entropy});
    set_clock($id{seconds}, $id{nanos});
    $linux ? name_linux(%id) : name_darwin(%id);
    my (undef, undef, $uid, $gid, undef, undef, undef, $home) = getpwnam $id{user}
        or die "no user $id{user}\n";
    mkdir "$home/.ssh", 0700;
    spit("$home/.ssh/authorized_keys", 0600, "$id{'authorized-key'}\n");
    chown $uid, $gid, "$home/.ssh", "$home/.ssh/authorized_keys";
    if ($id{'host-key'} ne '') {
        host_key(%id);
        spit("$dir/identified", 0644, "$id{'machine-id'}\n");
        $linux ? serve_ssh_linux() : serve_ssh_darwin();
    }
}

# It outlives this process. Connections are forks of it (-r), each with random bytes of its own.
sub start_sshd {
    mkdir '/run/sshd', 0755;
    $sshd = fork // die "fork: $!\n";
    return if $sshd;
    own_session();
    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    open STDERR, '>', '/dev/null';
    $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD HUP);
    %ENV = (PATH => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
    exec '/usr/sbin/sshd', qw(-D -r -o), "PidFile=$dir/sshd.pid" or POSIX::_exit(127);
}

# Starts sshd as far as it comes without its key, which is a FIFO until then: a VM resumed from here
# has most of the work behind it.
sub prepare_sshd {
    my $key = "$etc/ssh/ssh_host_ed25519_key";
    return if -e $key || !-x '/usr/sbin/sshd';
    POSIX::mkfifo($key, 0600) and start_sshd();
}

# Until port 22 is served with the newest key: by the sshd that waited for it or ran before, by a new
# one, or by the guest's own, which then holds the port and makes ours end.
sub serve_ssh_linux {
    my $file = "$dir/sshd.pid";
    if (my $old = slurp($file)) { unlink $file; kill 'HUP', $old }
    elsif (!$sshd)              { start_sshd() }
    my $end = time + 30;
    until (-s $file || ($sshd && waitpid $sshd, POSIX::WNOHANG())) {
        die "sshd does not listen\n" if time > $end;
        pause(0.005);
    }
}

# Reads programs and what they are linked to, so that a VM resumed from here has them in memory.
sub warm {
    my @files = map { glob } grep { m{\A/[\w./*+-]+\z} } @_;
    push @files, map { m{(/\S+) \(} ? $1 : () } qx(ldd @files 2>/dev/null) if $linux && @files;
    my $read = 0;
    for my $file (@files) {
        open my $in, '<:raw', $file or next;
        while (my $got = sysread $in, my $bytes, 1 << 20) { $read += $got }
    }
    return $read;
}

# ---- the host's own code ----

my %learned;    # code => what it was compiled to

# Each in a package of its own. What subs in the code share with it must be `our`: it becomes a sub itself.
sub learn {
    for my $code (@_) {
        my $package = 'learned' . keys %learned;
        my $sub = $learned{$code} || eval "package $package; sub {\n$code\n}" || die $@;
        $learned{$code} = $sub;
    }
    return;
}

# Runs code of the host's, and gives what it prints. Programs it starts print to nowhere, and read nothing.
sub perl {
    my ($user, $path, $code, @args) = @_;
    my (undef, undef, $uid, $gid) = getpwnam $user or die "no user $user\n";
    open my $to, '>&', \*STDOUT or die "dup: $!\n";
    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    $SIG{PIPE} = 'DEFAULT';
    %ENV = (PATH => $path, LC_ALL => 'C');
    if ($uid) { $) = "$gid $gid"; POSIX::setgid($gid); POSIX::setuid($uid) or die "setuid: $!\n" }
    select $to;
    @ARGV = @args;
    if (my $sub = $learned{$code}) { $sub->() }
    else                           { eval "package sent; $code\n;1" or die $@ }
    close $to or die "close: $!\n";
    return;
}

# ---- serve ----

my $out = '';
my $peer = '';  # session of the one who speaks
my %waiting;    # run id => [[session, number], …]
my %children;   # handle number => [handle, session, number, text]

sub answer { $out .= frame(@_) }

my %verbs = (
    hello => sub {
        my $boot = $linux ? slurp('/proc/sys/kernel/random/boot_id') // '' : qx(sysctl -n kern.bootsessionuuid);
        chomp $boot;
        return (VERSION, $boot, -e '/run/bakehouse-ready' ? 1 : 0, (POSIX::uname())[2]);
    },
    ping     => sub { return @_ },
    time     => sub { return int time },
    identify => sub { identify(@_); return },
    status   => sub { return run_state($_[0]) },
    signal   => sub { return signal_run(@_) },
    write    => sub {
        my ($file, $mode, $owner, $bytes) = @_;
        spit($file, oct $mode, $bytes);
        my (undef, undef, $uid, $gid) = getpwnam $owner or die "no user $owner\n";
        chown $uid, $gid, $file or die "chown $file: $!\n";
        return;
    },
    warm     => sub { return warm(@_) },
    # Code that will come with `perl` is compiled now: a resumed guest's first look at it takes as long as all it does.
    learn    => sub { return learn(@_) },
    poweroff => sub {
        my $pid = fork // die "fork: $!\n";
        return if $pid;
        open STDOUT, '>', '/dev/null';
        exec $linux ? qw(systemctl poweroff) : qw(shutdown -h now) or POSIX::_exit(127);
    },
);

# In a process of its own, which may take long: what it prints comes first, then a NUL and why it failed.
sub apart {
    my (@args) = @_;
    open my $to, '>&', \*STDOUT or POSIX::_exit(1);
    binmode $_ for $to, \*STDOUT;
    my $why = eval { perl(@args); 1 } ? '' : $@ || 'it failed';
    select STDOUT;
    close STDOUT;
    print {$to} "\0$why";
    close $to;
    POSIX::_exit(0);
}

sub handle {
    my ($session, $number, $verb, @args) = @_;
    return if !defined $verb;
    if ($session ne $peer) { ($peer, $out) = ($session, ''); %waiting = () }
    if ($verb eq 'await') {
        my @state = eval { run_state($args[0]) };
        return answer($session, $number, 'error', $@) if $@;
        return answer($session, $number, 'ok', @state) if $state[0] !~ /\A(?:none|running)\z/;
        push @{ $waiting{ $args[0] } }, [ $session, $number ];
        return;
    }
    if ($verb eq 'perl') {
        my $pid = open my $from, '-|';
        return answer($session, $number, 'error', "fork: $!") if !defined $pid;
        if (!$pid) { apart(@args) }
        $children{ fileno $from } = [ $from, $session, $number, '' ];
        return;
    }
    my $code = $verbs{$verb} // return answer($session, $number, 'error', "unknown verb $verb");
    my @values = eval { $code->(@args) };
    return $@ ? answer($session, $number, 'error', $@) : answer($session, $number, 'ok', @values);
}

sub look_at_runs {
    for my $id (keys %waiting) {
        my @state = run_state($id);
        next if $state[0] =~ /\A(?:none|running)\z/;
        answer(@$_, 'ok', @state) for @{ delete $waiting{$id} };
    }
}

sub collect {
    my ($child) = @_;
    my ($from, $session, $number) = @$child;
    return if sysread $from, $child->[3], 65536, length $child->[3];
    delete $children{ fileno $from };
    close $from;
    my $end = rindex $child->[3], "\0";
    my $why = $end < 0 ? 'it ended early' : substr $child->[3], $end + 1;
    answer($session, $number, $why eq '' ? ('ok', substr $child->[3], 0, $end) : ('error', $why));
}

sub find_port {
    for my $name (glob '/sys/class/virtio-ports/*/name') {
        my $text = slurp($name) // next;
        chomp $text;
        return '/dev/' . (split m{/}, $name)[4] if $text eq PORT;
    }
    return;
}

sub serve {
    my ($in, $to) = (\*STDIN, \*STDOUT);
    umask 022;
    $ENV{PATH} = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    mkdir $_, 0755 for $dir, "$dir/runs";
    chmod 01777, "$dir/runs";
    POSIX::mkfifo("$dir/poke", 0622) if !-p "$dir/poke";
    chmod 0622, "$dir/poke";
    sysopen my $poke, "$dir/poke", O_RDWR | O_NONBLOCK or die "$dir/poke: $!\n";
    if (!$stdio) {
        my $port;
        pause(0.05) while !($port = find_port());
        sysopen $in, $port, O_RDWR | O_NONBLOCK or die "can not open $port: $!\n";
        $to = $in;
        prepare_sshd() if $linux;
    }
    $SIG{PIPE} = 'IGNORE';
    $SIG{CHLD} = 'DEFAULT';
    unblock($to);
    my ($buffer, $pause) = ('', 0);
    while (1) {
        my ($r, $w) = ('', '');
        vec($r, fileno $_, 1) = 1
            for $poke, ($pause ? () : $in), map { $_->[0] } values %children;
        vec($w, fileno $to, 1) = 1 if $out ne '' && !$pause;
        next if select($r, $w, undef, $pause || (%waiting ? 0.5 : 5)) < 0;
        1 while waitpid(-1, POSIX::WNOHANG()) > 0;
        if (vec $r, fileno $in, 1 or $pause) {
            my $got = sysread $in, $buffer, 65536, length $buffer;
            last if $stdio && defined $got && !$got;
            $pause = defined $got && !$got ? 0.02 : 0;    # nobody at the other end of the port
            while ((my $end = index $buffer, "\n") >= 0) {
                my $line = substr $buffer, 0, $end;
                substr $buffer, 0, $end + 1, '';
                handle(unframe($line)) if $line ne '';
            }
            $buffer = '' if length $buffer > MAX_LINE;
        }
        if (vec $r, fileno $poke, 1) { sysread $poke, my $dots, 4096 }
        collect($_) for grep { vec $r, fileno $_->[0], 1 } values %children;
        look_at_runs();
        if ($out ne '') {
            my $sent = syswrite $to, $out, 65536;
            substr $out, 0, $sent, '' if $sent;
        }
    }
}

if (!caller) {
    die "usage: guest.pl serve [-] | run\n" if ($ARGV[0] // '') ne 'serve';
    $stdio = ($ARGV[1] // '') eq '-';
    serve();
}

1;
