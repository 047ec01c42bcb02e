# figures.pl CHECKOUT REQUESTS STATSLOG CCACHE-DIR [COMPILER…]: what a step tells of its caches after its command, a line
# each, with tabs between the words:
#
#   json TEXT                  one file of CHECKOUT/bakehouse-stats
#   request KIND save|skip     a file that a target of Bakehouse.cmake left in REQUESTS
#   log HITS MISSES            what ccache did in this step, from its CCACHE_STATSLOG
#   counter NAME NUMBER        ccache's own counters, which live in the cache, now
#   tool PATH SIZE SECONDS     a compiler on PATH: what ccache tells compilers apart by
use strict;
use warnings;

my ( $checkout, $requests, $log, $ccache, @compilers ) = @ARGV;

for my $file ( grep { -f } list("$checkout/bakehouse-stats") ) {
    next if $file !~ /\.json$/;
    my $text = first( $file, 4096 );
    $text =~ s/\s+/ /g;
    print "json\t$text\n";
}
for my $file ( grep { -f } list($requests) ) {
    my ($kind) = $file =~ m{([^/]*)$};
    my ($word) = first( $file, 16 ) =~ /^(save|skip)$/m;
    print "request\t$kind\t$word\n" if $word && $kind =~ /^[a-z0-9-]{1,41}$/;
}
if ( open my $in, '<', $log ) {
    my ( $hits, $misses ) = ( 0, 0 );
    while (<$in>) {
        $hits++   if /^(?:direct|preprocessed)_cache_hit$/;
        $misses++ if /^cache_miss$/;
    }
    print "log\t$hits\t$misses\n";
}
if ( $ccache ne '' && -d $ccache ) {
    local $ENV{CCACHE_DIR} = $ccache;
    for ( split /\n/, `ccache --print-stats 2>/dev/null` // '' ) {
        print "counter\t$_\n" if /^[a-z_]{1,60}\t[0-9]{1,15}$/;
    }
}
my %seen;
for my $name ( @compilers, qw(cc c++ gcc g++ clang clang++ zig) ) {
    for my $path ( $name =~ m{/} ? $name : map { "$_/$name" } split /:/, $ENV{PATH} ) {
        next if !-f -x $path;
        my ( $size, $time ) = ( stat _ )[ 7, 9 ];
        print "tool\t$path\t$size\t$time\n" if !$seen{$path}++ && $path !~ /[\t\n]/;
        last;
    }
}

sub list {
    my ($dir) = @_;
    opendir my $in, $dir or return;
    my @names = sort grep { !/^\./ } readdir $in;
    splice @names, 50 if @names > 50;
    return map { "$dir/$_" } @names;
}

sub first {
    my ( $file, $most ) = @_;
    open my $in, '<:raw', $file or return '';
    read $in, my $text, $most;
    return $text // '';
}
