# Starts this host's part of a job. The agent starts programs with the job's own variables, which anybody who can
# write a pipeline chooses: PERL5OPT, JAVA_TOOL_OPTIONS, GIT_SSH_COMMAND or PATH would make the host's programs run
# what the job likes. So they are handed on as data, and the host's programs get the host's environment.
#
#   perl -T bootstrap.pl
#
# Beside it lies bootstrap.list, with a NUL between one and the next: a directory that is the agent's alone, the host's
# variables as NAME=VALUE, --, the program and its arguments. The program also gets BAKEHOUSE_JOB_ENVIRONMENT: the number
# of a descriptor from which it reads the job's variables, each NAME=VALUE and a NUL. With -T, perl itself heeds none.
use strict;
use warnings;
use Fcntl qw(O_RDWR O_CREAT O_EXCL);
$SIG{__DIE__} = \&fail;

my ($here) = $0 =~ m{\A(.*)/}s;
open my $list, '<:raw', "$here/bootstrap.list" or fail("could not read $here/bootstrap.list: $!");
my ($directory, @words) = map { /\A(.*)\z/s } split /\0/, do { local $/; <$list> }, -1;
my @host;
while (@words && (my $word = shift @words) ne '--') {
    push @host, $word;
}

# The file has no name any more when the first byte is written.
$^F = 1 << 16;
my $file = "$directory/environment-$$";
sysopen my $data, $file, O_RDWR | O_CREAT | O_EXCL, 0600 or fail("could not make $file: $!");
unlink $file or fail("could not remove $file: $!");
binmode $data;
print {$data} "$_=$ENV{$_}\0" or fail("could not write $file: $!") for keys %ENV;
$data->flush && seek $data, 0, 0 or fail("could not write $file: $!");

# By env, for with -T perl would refuse a PATH of the host's with a relative entry.
%ENV = (PATH => '/usr/bin:/bin');
exec {'/usr/bin/env'} 'env', '-i', @host, 'BAKEHOUSE_JOB_ENVIRONMENT=' . fileno($data), @words
    or fail("could not start $words[0]: $!");

# 125: the machinery's failure, not the job's.
sub fail {
    print "+++ bakehouse: infrastructure failure, not the job's own\n$_[0]\n";
    exit 125;
}
