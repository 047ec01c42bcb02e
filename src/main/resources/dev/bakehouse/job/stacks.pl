# Where the processes of a run are, on standard output: all of them as a tree, then what the kernel and then the tools
# that are there tell of each, the innermost first. Needs nothing but perl-base; as root.
#
# Arguments: the run's file ID.started (see guest.pl), seconds it may take.
use strict;
use warnings;

my ($started, $seconds) = @ARGV;
my $linux = $^O eq 'linux';
my $end   = time + $seconds;
$| = 1;

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return <$in> // '';
}

# pid => [parent, group, session, state, where in the kernel, command]
sub processes {
    my %all;
    if ($linux) {
        for my $dir (glob '/proc/[0-9]*') {
            my ($pid, $name, $state, $parent, $group, $session) =
                slurp("$dir/stat") =~ /\A(\d+) \((.*)\) (\S) (\d+) (\d+) (\d+) /s or next;
            (my $line = slurp("$dir/cmdline")) =~ s/\0\z//;
            $line = "[$name]" if $line eq '';
            $all{$pid} = [ $parent, $group, $session, $state, slurp("$dir/wchan") || '-', $line ];
        }
        return %all;
    }
    for (qx(ps -A -ww -o pid=,ppid=,pgid=,stat=,wchan=,command=)) {
        my ($pid, $parent, $group, @rest) = /(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.*)/ or next;
        $all{$pid} = [ $parent, $group, $group, @rest ];
    }
    return %all;
}

# The run's session and group, and what lies below its runner.
sub of_run {
    my ($leader, $runner, %all) = @_;
    my %hit  = map { $_ => 1 } grep { $all{$_}[1] == $leader || $all{$_}[2] == $leader } keys %all;
    my $more = 1;
    while ($more) {
        $more = 0;
        for my $pid (keys %all) {
            my $parent = $all{$pid}[0];
            next if $hit{$pid} || !($hit{$parent} || $parent == $runner);
            $hit{$pid} = $more = 1;
        }
    }
    return map { $_ => $all{$_} } keys %hit;
}

# What a program says, as long as there is time.
sub tool {
    my @words = @_;
    my $pid   = open(my $out, '-|') // return;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        open STDIN,  '<',  '/dev/null';
        no warnings 'exec';
        exec { $words[0] } @words;
        kill 'KILL', $$;
    }
    print "-- @words\n";
    while (1) {
        my $ready = '';
        vec($ready, fileno $out, 1) = 1;
        my $left = $end - time;
        if ($left <= 0 || !select $ready, undef, undef, $left) { kill 'KILL', $pid; last }
        sysread $out, my $bytes, 65536 or last;
        print $bytes;
    }
    close $out;
}

sub here {
    my ($program) = @_;
    return grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

sub kernel {
    my ($pid) = @_;
    my $count = 0;
    for my $task (glob "/proc/$pid/task/[0-9]*") {
        last if ++$count > 200;
        my ($id)  = $task =~ /(\d+)\z/;
        my $stack = slurp("$task/stack");
        (my $name = slurp("$task/comm")) =~ s/\n//;
        $stack =~ s/^/    /mg;
        print "-- kernel, thread $id $name\n$stack";
    }
}

sub user {
    my ($pid) = @_;
    return tool('sample', $pid, 1, '-mayDie', '-file', '/dev/stdout') if !$linux;
    my $program = readlink "/proc/$pid/exe" // '';
    if ($program =~ m{(.*)/java\z} && -x "$1/jstack") { tool("$1/jstack", '-l', $pid) }
    elsif (here('eu-stack')) { tool('eu-stack', '-p', $pid) }
    elsif (here('gdb')) {
        tool(qw(gdb -nx -batch -iex), 'set auto-load off', '-p', $pid, '-ex', 'thread apply all backtrace');
    }
}

my ($leader, $runner) = split ' ', slurp($started);
exit 0 if !defined $runner;
my %job = of_run($leader, $runner, processes());
exit 0 if !%job;
my @order;

sub show {
    my ($depth, @pids) = @_;
    for my $pid (sort { $a <=> $b } @pids) {
        my ($state, $where, $line) = @{ $job{$pid} }[ 3 .. 5 ];
        $line =~ s/[\0-\x1f]/ /g;
        push @order, $pid;
        print '  ' x $depth, "$pid $state $where $line\n";
        show($depth + 1, grep { $job{$_}[0] == $pid } keys %job);
    }
}

print "== processes (pid, state, where in the kernel, command)\n";
show(0, grep { !$job{ $job{$_}[0] } } keys %job);
for my $what (($linux ? \&kernel : ()), \&user) {
    for my $pid (reverse @order) {
        last if time >= $end;
        print "\n== $pid ", $job{$pid}[5] =~ s/[\0-\x1f]/ /gr, "\n";
        $what->($pid);
    }
}
