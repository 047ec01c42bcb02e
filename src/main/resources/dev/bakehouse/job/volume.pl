# The cache volume of a Linux guest, by system calls: a program that starts costs more than all of it. This is what its
# parts share; one of them comes after it, so that a young guest has little to compile.
use strict;
use warnings;

our $machine = do { open my $perl, '<:raw', '/proc/self/exe' or die "perl: $!\n"; read $perl, my $elf, 20; unpack 'x18v', $elf };
our $call    = { 62 => { mount => 165, umount => 166, statfs => 137 }, 183 => { mount => 40, umount => 39, statfs => 43 } }->{$machine}
    or die "no system calls are known for this machine\n";
our ( $at, @rest ) = @ARGV;

sub umount { my $path = $at; return syscall( $call->{umount} + 0, $path, 0 ) == 0 }

# Less than a quarter of its blocks or inodes free is too little for the next job's part.
sub full {
    my $share = shift // 4;
    my ( $path, $buffer ) = ( $at, "\0" x 256 );
    syscall( $call->{statfs} + 0, $path, $buffer ) == 0 or die "statfs $at: $!\n";
    my ( undef, undef, $blocks, undef, $free, $files, $names ) = unpack 'q7', $buffer;
    return $free * $share < $blocks || $names * $share < $files;
}

sub damaged {
    my ($disk) = map { m{^/dev/(\S+) (\S+) } && plain($2) eq $at ? $1 : () } reverse mounts();
    return text( '/sys/fs/ext4/' . ( $disk // '' ) . '/errors_count' ) =~ /[1-9]/;
}

sub plain { my ($name) = @_; $name =~ s/\\([0-7]{3})/chr oct $1/ge; return $name }

sub mounts { open my $in, '<', '/proc/mounts' or die "/proc/mounts: $!\n"; return <$in> }

sub text {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    my $line = <$in> // '';
    chomp $line;
    return $line;
}

sub names {
    my ($dir) = @_;
    return if -l $dir;
    opendir my $in, $dir or return;
    return grep { !/\A\.\.?\z/ } readdir $in;
}

sub make {
    my ( $path, $uid, $gid ) = @_;
    return if -d $path;
    make( $path =~ m{\A(.+)/[^/]*\z} ? $1 : '/', $uid, $gid );
    mkdir $path, 0755 or -d $path or die "can not make $path: $!\n";
    chown $uid, $gid, $path;
}
