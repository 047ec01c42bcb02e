# Starts this host's part of a job. The agent starts programs with the job's own variables, which anybody who can
# write a pipeline chooses: PERL5OPT, JAVA_TOOL_OPTIONS, GIT_SSH_COMMAND or PATH would make the host's programs run
# what the job likes. So they are handed on as data, and the host's programs get the host's environment.
#
#   perl -T bootstrap.pl DIRECTORY NAME=VALUE... -- PROGRAM ARGUMENT...
#
# DIRECTORY is the agent's alone. The program gets the variables named here and BAKEHOUSE_JOB_ENVIRONMENT: the number of a
# descriptor from which it reads the job's, each NAME=VALUE and a NUL. With -T, perl itself heeds none of them.
use strict;
use warnings;
use Fcntl qw(O_RDWR O_CREAT O_EXCL);

my @words = map { /\A(.*)\z/s } @ARGV;
my ($directory, %host) = shift @words;
while (@words && (my $word = shift @words) ne '--') {
    my ($name, $value) = $word =~ /\A([^=]+)=(.*)\z/s or fail("no variable: $word");
    $host{$name} = $value;
}

# The file has no name any more when the first byte is written.
$^F = 1 << 16;
my $file = "$directory/environment-$$";
sysopen my $data, $file, O_RDWR | O_CREAT | O_EXCL, 0600 or fail("could not make $file: $!");
unlink $file or fail("could not remove $file: $!");
binmode $data;
print {$data} "$_=$ENV{$_}\0" or fail("could not write $file: $!") for keys %ENV;
$data->flush && seek $data, 0, 0 or fail("could not write $file: $!");

%ENV = (%host, BAKEHOUSE_JOB_ENVIRONMENT => fileno $data);
exec { $words[0] } @words or fail("could not start $words[0]: $!");

# 125: the machinery's failure, not the job's.
sub fail {
    print "+++ bakehouse: infrastructure failure, not the job's own\n$_[0]\n";
    exit 125;
}
