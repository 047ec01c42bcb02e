#!/usr/bin/perl
use strict; use warnings;
sleep 1 while 1;
