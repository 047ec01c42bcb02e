#!/usr/bin/perl
# What test runners wrote: JUnit XML, in the guest. shard.pl follows.
use strict;
use warnings;
use Time::HiRes ();

my ($most_files, $most_bytes, $all_bytes, $most_units, $most_cases) = (5_000, 16 << 20, 256 << 20, 50_000, 1_000);

sub text { my ($text) = @_; $text =~ s/[\x00-\x1f\x7f]+/ /g; return substr $text, 0, 300 }

sub matching {
    my ($dir, @names) = @_;
    my $name = shift @names;
    return grep { -f } $dir unless defined $name;
    return matching("$dir/$name", @names) unless $name =~ /[*?]/;
    opendir my $list, $dir or return;
    my @all = sort grep { !/^\./ } readdir $list;
    if ($name eq '**') {
        my @below = map { matching($_, '**', @names) } grep { -d && !-l } map { "$dir/$_" } @all;
        return matching($dir, @names), @below;
    }
    my $like = quotemeta $name;
    $like =~ s/\\\*/.*/g;
    $like =~ s/\\\?/./g;
    return map { matching("$dir/$_", @names) } grep { /^$like$/s } @all;
}

sub result_files {
    my ($dir, @globs) = @_;
    my %seen;
    return grep { !$seen{$_}++ } map { matching(m{^/} ? '' : $dir, grep { length && $_ ne '.' } split m{/}) } @globs;
}

sub stamp { return join ' ', (Time::HiRes::stat($_[0]))[ 1, 7, 9 ] }

sub plain {
    my ($text) = @_;
    my %means = (lt => '<', gt => '>', amp => '&', quot => '"', apos => "'");
    my $number = sub { my ($n) = @_; return $n < 32 || $n > 0x10ffff ? ' ' : do { my $c = chr $n; utf8::encode($c); $c } };
    $text =~ s/&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));/
        defined $3 ? $means{$3} : $number->(defined $1 ? hex $1 : $2)/ge;
    return $text;
}

sub millis {
    my ($seconds) = @_;
    $seconds = ($seconds // '') =~ s/,//gr;
    return 0 unless $seconds =~ /^\d{1,9}(\.\d+)?([eE]-?\d{1,2})?$/;
    return $seconds < 86_400 ? int($seconds * 1000 + .5) : 86_400_000;
}

# Reads JUnit XML: suites, cases and how they ended, and nothing else of it. Entities of a document's own stay
# as they are written.
sub read_junit {
    my ($xml, $dir, $found) = @_;
    my (@suites, $case);
    my $end_case = sub {
        my $name = $case->{unit} . "\t" . $case->{name};
        my $of = $found->{cases}{$name} //= { failed => 0, passed => 0, flaky => 0 };
        $of->{flaky} += $case->{flaky};
        $of->{ $case->{failed} ? 'failed' : 'passed' } += 1 + ($case->{failed} ? $case->{again} : 0)
            unless $case->{skipped};
        $found->{units}{ $case->{unit} } += $case->{time};
        $suites[-1]{units}{ $case->{unit} } += $case->{time} if @suites;
        undef $case;
    };
    # What a suite does around its cases is told by its own time.
    my $end_suite = sub {
        my $suite = pop @suites or return;
        my ($unit, $more) = %{ $suite->{units} };
        return if $suite->{nested} || keys %{ $suite->{units} } != 1 || $suite->{time} <= $more;
        $found->{units}{$unit} += $suite->{time} - $more;
    };
    my $of = sub { my ($path) = @_; return text($path =~ s{^\Q$dir\E/}{}r =~ s{^(\./+)+}{}r) };
    while (
        $xml =~ m{\G[^<]*+<(?:
            !--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|!DOCTYPE[^\[>]*+(?:\[.*?\]\s*+)?>|
            (/?)([\w:.-]++)((?:\s++[\w:.-]++\s*+=\s*+(?:"[^"]*+"|'[^']*+'))*+)\s*+(/?)>)}gcsx
        )
    {
        my ($close, $tag, $written, $empty) = ($1, $2, $3, $4);
        next unless defined $tag;
        if (!$close && $tag =~ /^test(?:suite|case)$/) {
            my %is;
            $is{$1} = text(plain($2 // $3)) while $written =~ /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
            if ($tag eq 'testsuite') {
                $suites[-1]{nested} = 1 if @suites;
                my $file = $is{file} // (@suites ? $suites[-1]{file} : '');
                push @suites, { file => $file, name => $is{name} // '', time => millis($is{time}), units => {} };
            }
            else {
                my $suite = @suites ? $suites[-1] : { file => '', name => '' };
                my $class = $is{classname} // '';
                my ($unit) = grep { length } $is{file} // '', $suite->{file}, $class, $suite->{name}, '?';
                $unit = $of->($unit);
                my $name = $class eq '' || $class eq $unit ? $is{name} // '' : "$class " . ($is{name} // '');
                $case = { unit => $unit, name => text($name), time => millis($is{time}), map { $_ => 0 } qw(failed again flaky skipped) };
            }
        }
        elsif (!$close && $case) {
            $case->{failed} = 1 if $tag =~ /^(?:failure|error)$/;
            $case->{again}++   if $tag =~ /^rerun(?:Failure|Error)$/;
            $case->{flaky}++   if $tag =~ /^flaky(?:Failure|Error)$/;
            $case->{skipped} = 1 if $tag eq 'skipped';
        }
        next unless $close || $empty;
        $end_case->()  if $tag eq 'testcase' && $case;
        $end_suite->() if $tag eq 'testsuite';
    }
    my $whole = !@suites && !$case && substr($xml, pos($xml) // 0) !~ /</;
    # What was being run when the file ended did not pass.
    if ($case) { $case->{failed} = 1; $end_case->() }
    return $whole;
}

sub read_results {
    my ($dir, @files) = @_;
    my $found = { units => {}, cases => {}, warnings => [] };
    my $left = $all_bytes;
    for my $file (splice @files, 0, $most_files) {
        my $size = -s $file // 0;
        if ($size > $most_bytes || $size > $left) {
            push @{ $found->{warnings} }, "$file is too large, it was not read";
            next;
        }
        $left -= $size;
        open my $in, '<:raw', $file or next;
        read($in, my $xml, $most_bytes);
        $xml //= '';
        $xml =~ s/^\xef\xbb\xbf//;
        read_junit($xml, $dir, $found) or push @{ $found->{warnings} }, "$file is no whole JUnit XML in UTF-8";
    }
    push @{ $found->{warnings} }, scalar(@files) . " more result files were not read" if @files;
    return $found;
}

# Whether a case counts as failed in an attempt. Runners that try again themselves tell both ends.
sub bad { my ($case, $status) = @_; return $case->{failed} && !($status == 0 && $case->{passed}) }

# Adds an attempt to what is known of all: a case with the times it failed, and how it ended last.
sub add {
    my ($all, $found, $status) = @_;
    $all->{units}{$_} //= $found->{units}{$_} for keys %{ $found->{units} };
    push @{ $all->{warnings} }, @{ $found->{warnings} };
    if ($status == 0) { $_->{bad} = 0 for values %{ $all->{cases} } }
    for my $name (keys %{ $found->{cases} }) {
        my $case = $found->{cases}{$name};
        my $times = $case->{failed} + $case->{flaky};
        next unless $times || $all->{cases}{$name};
        $all->{cases}{$name}{times} += $times;
        $all->{cases}{$name}{bad} = bad($case, $status) ? 1 : 0;
    }
    return;
}

sub notes {
    my ($all, $soft) = @_;
    my @units = sort keys %{ $all->{units} };
    my @cases = sort keys %{ $all->{cases} };
    my @notes = map { "warning\t" . text($_) . "\n" } splice @{ $all->{warnings} }, 0, 20;
    push @notes, map { "time\t$all->{units}{$_}\t$_\n" } splice @units, 0, $most_units;
    for my $name (splice @cases, 0, $most_cases) {
        my $case = $all->{cases}{$name};
        my $word = !$case->{bad} ? 'flaky' : $soft ? 'quarantined' : 'failed';
        push @notes, "$word\t$case->{times}\t$name\n";
    }
    return @notes;
}

