# The tests of one job among parallel ones, see docs/tests.md. Needs nothing but perl-base. In front of it stands
# results.pl, which reads what test runners wrote.
#
#   … | bakehouse-shard                 prints those of the tests on standard input that are this job's
#   … | bakehouse-shard run COMMAND…    runs COMMAND with them as last arguments, and again with what failed
#   bakehouse-shard results STATUS DIR NOTES GLOB…    what `run` noted, else what result files say (for the host)
#
# A note is a line: time MILLISECONDS UNIT, or failed|flaky|quarantined TIMES UNIT NAME, or warning TEXT. A
# unit is what a time is known of: the file or class that a result names.
sub lines_of { return grep { length } map { s/^\s+|\s+$//gr } split /\n/, $_[0] // '' }

# ---- which tests are this job's

sub parallel {
    my ($own, $count) = ($ENV{BUILDKITE_PARALLEL_JOB} // '', $ENV{BUILDKITE_PARALLEL_JOB_COUNT} // '');
    return (0, 1) if $count eq '';
    die "bakehouse-shard: BUILDKITE_PARALLEL_JOB is `$own` of `$count`\n"
        unless "$own $count" =~ /^\d{1,6} \d{1,6}$/ && $own < $count;
    return ($own, $count);
}

sub known_times {
    my %time;
    my $file = $ENV{BAKEHOUSE_TEST_TIMES} // '';
    return \%time if $file eq '';
    open my $in, '<:raw', $file or die "bakehouse-shard: $file: $!\n";
    while (<$in>) { $time{$2} = $1 if /^(\d{1,9})\t(.+)\n/ }
    return \%time;
}

# Without directories and ending, as classes are named.
sub parts { my ($name) = @_; $name =~ s{^(\./+)+}{}; $name =~ s/\.\w+$// if $name =~ m{/}; return split m{/+}, $name }

# Finds the units of a test: of its own name; of the class that its path ends with (src/test/java/a/B.java is
# a.B); and what lies in it (tests/test_x.py has tests.test_x.TestY, a.B has a.B$C).
sub finder {
    my ($units) = @_;
    my %named;
    for my $unit (keys %$units) {
        my $name = join '.', parts($unit);
        push @{ $named{$name} }, $unit;
        push @{ $named{ substr $name, 0, pos($name) - 1 } }, $unit while $name =~ /[.\$]/g;
    }
    return sub {
        my ($test) = @_;
        return $test if exists $units->{$test};
        my @parts = parts($test);
        my $whole = join '.', @parts;
        return @{ $named{$whole} } if $named{$whole};
        while (@parts > 1) {
            shift @parts;
            my $class = join '.', @parts;
            my @found = grep { $_ eq $class || index($_, "$class\$") == 0 } @{ $named{$class} // [] };
            return @found if @found;
        }
        return;
    };
}

# The longest first, each to the job with the least so far: all jobs come to the same end, in whatever order
# the tests are told. What is not known counts as the median of what is.
sub own_tests {
    my ($own, $count) = parallel();
    my (%seen, %weight);
    my @tests = grep { !$seen{$_}++ } map { s/\r?\n$//r } <STDIN>;
    @tests = grep { length } @tests;
    return @tests if $count == 1;
    my $time = known_times();
    my $find = finder($time);
    for my $test (@tests) {
        my @units = $find->($test) or next;
        $weight{$test} = 0;
        $weight{$test} += $time->{$_} for @units;
        $weight{$test} ||= 1;
    }
    my @known = sort { $a <=> $b } values %weight;
    my $median = @known ? $known[ $#known / 2 ] : 1;
    $weight{$_} //= $median for @tests;
    my @load = (0) x $count;
    my %mine;
    for my $test (sort { $weight{$b} <=> $weight{$a} || $a cmp $b } @tests) {
        my $least = 0;
        $load[$_] < $load[$least] and $least = $_ for 1 .. $#load;
        $load[$least] += $weight{$test};
        $mine{$test} = 1 if $least == $own;
    }
    return grep { $mine{$_} } @tests;
}

# ---- run them

sub status_of {
    my @command = @_;
    my $wait = system { $command[0] } @command;
    if ($wait == -1) {
        print STDERR "bakehouse-shard: $command[0]: $!\n";
        return 127;
    }
    return $wait & 127 ? 128 + ($wait & 127) : $wait >> 8;
}

sub quarantined {
    my ($name, @patterns) = @_;
    my ($unit) = split /\t/, $name;
    my $whole = $name =~ tr/\t/ /r;
    return grep { my $like = quotemeta =~ s/\\\*/.*/gr; "$unit" =~ /^$like$/s || $whole =~ /^$like$/s } @patterns;
}

sub run_tests {
    my @command = @_;
    my @globs = lines_of($ENV{BAKEHOUSE_TEST_RESULTS});
    my $dir = $ENV{BUILDKITE_BUILD_CHECKOUT_PATH} // do { require Cwd; Cwd::getcwd() };
    my $retries = ($ENV{BAKEHOUSE_TEST_RETRIES} // '') =~ /^(\d)$/ && @globs ? $1 : 0;
    my @todo = own_tests();
    unless (@todo) {
        print "bakehouse-shard: no test is this job's\n";
        return 0;
    }
    my $all = { units => {}, cases => {}, warnings => [] };
    my ($status, $sure);
    for my $attempt (0 .. $retries) {
        my %before = map { $_ => stamp($_) } result_files($dir, @globs);
        $status = status_of(@command, @todo);
        my @files = grep { stamp($_) ne ($before{$_} // '') } result_files($dir, @globs);
        my $found = read_results($dir, @files);
        add($all, $found, $status);
        last if $status == 0;
        # A test without a result did not run to its end. Whoever was killed has results that say little.
        my %failed;
        $failed{ (split /\t/)[0] } = 1 for grep { bad($found->{cases}{$_}, $status) } keys %{ $found->{cases} };
        my $find = finder($found->{units});
        my (@missing, @failed, %told);
        for my $test (@todo) {
            my @units = $find->($test);
            $told{$_} = 1 for @units;
            push @missing, $test unless @units;
            push @failed, $test if !@units || grep { $failed{$_} } @units;
        }
        my $clear = $status < 128 && !grep { !$told{$_} } keys %failed;
        $sure = $clear && %failed && !@missing;
        my @again = $clear && @failed ? @failed : @todo;
        last if $attempt == $retries;
        if (@again > 10 && @again > @todo / 4) {
            printf "bakehouse-shard: %d of %d tests failed; so many are not run again\n", scalar @again, scalar @todo;
            last;
        }
        printf "+++ bakehouse-shard: %d of %d tests failed; they run again (%d of %d)\n", scalar @again, scalar @todo,
            $attempt + 1, $retries;
        @todo = @again;
    }
    my @quarantine = lines_of($ENV{BAKEHOUSE_TEST_QUARANTINE});
    my @bad = grep { $all->{cases}{$_}{bad} } sort keys %{ $all->{cases} };
    my $soft = $status && $sure && @bad && !grep { !quarantined($_, @quarantine) } @bad;
    my $notes = $ENV{BAKEHOUSE_TEST_NOTES} // '';
    my @notes = notes($all, $soft);
    if ($notes ne '' && open my $out, '>>:raw', $notes) { print $out @notes }
    print map { "bakehouse-shard: $_" } map { tr/\t/ /r } grep { !/^time/ } @notes;
    return $soft ? 0 : $status;
}

sub results {
    my ($status, $dir, $notes, @globs) = @_;
    if (open my $in, '<:raw', $notes) {
        print while <$in>;
        return 0;
    }
    my $all = { units => {}, cases => {}, warnings => [] };
    add($all, read_results($dir, result_files($dir, @globs)), $status);
    print notes($all);
    return 0;
}

$| = 1;
my $verb = shift(@ARGV) // '';
exit results(@ARGV) if $verb eq 'results' && @ARGV >= 3;
exit run_tests(@ARGV) if $verb eq 'run' && @ARGV;
if ($verb ne '') {
    print STDERR "usage: … | bakehouse-shard [run COMMAND…]\n";
    exit 2;
}
binmode STDOUT;
print map { "$_\n" } own_tests();
