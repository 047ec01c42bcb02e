# Where the compilation caches lie and how they are used. Both come from the environment in CI.
if(DEFINED ENV{CACHE_PATH} AND NOT DEFINED CACHE_PATH)
  set(CACHE_PATH $ENV{CACHE_PATH})
endif()
set(CACHE_PATH "${CACHE_PATH}" CACHE PATH "Directory of the ccache and Zig caches")
if(NOT CACHE_PATH)
  set(CACHE_PATH ${CMAKE_BINARY_DIR}/cache)
endif()

set(CACHE_STRATEGY read-write)
if(DEFINED ENV{CACHE_STRATEGY} AND NOT "$ENV{CACHE_STRATEGY}" STREQUAL "")
  set(CACHE_STRATEGY $ENV{CACHE_STRATEGY})
endif()
if(CACHE_STRATEGY STREQUAL "disabled")
  set(CACHE_STRATEGY none)
endif()
set(known read-write read-only write-only none)
if(NOT CACHE_STRATEGY IN_LIST known)
  message(FATAL_ERROR
    "CACHE_STRATEGY=${CACHE_STRATEGY} is not known. Use read-write, read-only, write-only, disabled or none.")
endif()

set(CCACHE_ENV
  CCACHE_DIR=${CACHE_PATH}/ccache
  CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
  CCACHE_NOHASHDIR=1
  CCACHE_MAXSIZE=1G
  # A fresh checkout is always newer than the compile's start, which says nothing about its content.
  CCACHE_SLOPPINESS=include_file_mtime,include_file_ctime,time_macros)
set(ZIG_CACHE ${CACHE_PATH}/zig)
if(CACHE_STRATEGY STREQUAL "read-only")
  list(APPEND CCACHE_ENV CCACHE_READONLY=1)
elseif(CACHE_STRATEGY STREQUAL "write-only")
  list(APPEND CCACHE_ENV CCACHE_RECACHE=1)
endif()
if(CACHE_STRATEGY STREQUAL "none")
  set(ZIG_CACHE ${CMAKE_BINARY_DIR}/zig-cache)
endif()

find_program(CCACHE ccache)
find_program(ENV_PROGRAM env)
if(CCACHE AND NOT CACHE_STRATEGY STREQUAL "none")
  set(CMAKE_C_COMPILER_LAUNCHER ${ENV_PROGRAM} ${CCACHE_ENV} ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ENV_PROGRAM} ${CCACHE_ENV} ${CCACHE})
endif()
