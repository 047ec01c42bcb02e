# Compilation caches of a CMake build: brought in when CMake configures, given back by targets. One file; copy it into
# your project and include it after the options and before anything that compiles:
#
#   include(cmake/Bakehouse.cmake)
#
# Which caches: BUN_CPP_ONLY=ON has ccache's, BUN_LINK_ONLY=ON none, else both of Zig's; CACHE_KINDS (ccache, zig-local,
# zig-global, bun, by commas, or none) says otherwise. They lie in CACHE_PATH: ccache/, zig/local/, zig/global/, bun/.
#
# Targets: upload-KIND-cache for each of them, and upload-all-caches. A link step has upload-ccache-cache,
# upload-zig-local-cache, upload-zig-global-cache and upload-all-caches, which do nothing.
#
# In a VM of Bakehouse the caches are in CACHE_PATH already, and a target leaves a request which the host serves after
# the job has passed. Elsewhere the program `bakehouse` does both: BAKEHOUSE_PROGRAM, else from PATH. Without it the
# caches in CACHE_PATH are used and stay there. A cache that lies in CACHE_PATH is never replaced by a restored one.
#
# Settings, from the environment, else a CMake variable:
#   CACHE_STRATEGY           read-write (default), read-only, write-only, disabled or none; read again whenever a
#                            target or a compiler runs: `CACHE_STRATEGY=disabled cmake --build build`
#   BUILDKITE_CACHE          OFF is CACHE_STRATEGY=disabled
#   CACHE_PATH               by default ~/.cache/bakehouse/REPO-BRANCH/OS-ARCH-TYPE
#   BAKEHOUSE_CACHE_STORE    for `bakehouse cache --store`; by default what bakehouse.yml in the source directory says
#   BAKEHOUSE_CACHE_SCOPE    PIPELINE/BRANCH, outside of a Buildkite job; by default REPO/BRANCH, without a branch
#                            (detached HEAD) REPO/detached:COMMIT, which starts from the main branch's
#   BUILDKITE_PIPELINE_DEFAULT_BRANCH
#                            the main branch, only from the environment; by default what git knows as
#                            origin/HEAD, else main
#   BAKEHOUSE_CCACHE_MAXSIZE by default 20G; more than what is restored, or ccache evicts it
#
# Sets CACHE_PATH, CACHE_STRATEGY (`none` for `disabled`), BAKEHOUSE_CACHE_KINDS, BAKEHOUSE_ZIG (words to put before a
# command of Zig that is to use the caches), and CMAKE_C_COMPILER_LAUNCHER and CMAKE_CXX_COMPILER_LAUNCHER when there is
# a ccache and they are not set.
cmake_policy(PUSH)
cmake_policy(VERSION 3.20)

# The environment's value, else the variable's, else a default.
function(_bakehouse_setting out name default)
  set(value "$ENV{${name}}")
  if(value STREQUAL "")
    set(value "${${name}}")
  endif()
  if(value STREQUAL "")
    set(value "${default}")
  endif()
  set(${out} "${value}" PARENT_SCOPE)
endfunction()

function(_bakehouse_strategy out)
  _bakehouse_setting(strategy CACHE_STRATEGY read-write)
  if(NOT strategy MATCHES "^(read-write|read-only|write-only|disabled|none)$")
    message(FATAL_ERROR
      "CACHE_STRATEGY=${strategy} is not known. Use read-write, read-only, write-only, disabled or none.")
  endif()
  _bakehouse_setting(switch BUILDKITE_CACHE ON)
  if(switch MATCHES "^([Oo][Ff][Ff]|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|0)$" OR strategy STREQUAL "none")
    set(strategy disabled)
  elseif(NOT switch MATCHES "^([Oo][Nn]|[Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|1)$")
    message(FATAL_ERROR "BUILDKITE_CACHE=${switch} is not known. Use BUILDKITE_CACHE=ON or OFF.")
  endif()
  set(${out} ${strategy} PARENT_SCOPE)
endfunction()

# Variables that tell `bakehouse` what CMake and git know and its options do not say.
function(_bakehouse_environment out)
  set(variables CACHE_STRATEGY=${strategy})
  if(NOT "${CMAKE_BUILD_TYPE}" STREQUAL "")
    list(APPEND variables CMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE})
  endif()
  if("$ENV{BUILDKITE_PIPELINE_DEFAULT_BRANCH}" STREQUAL "")
    execute_process(
      COMMAND git symbolic-ref --short refs/remotes/origin/HEAD WORKING_DIRECTORY "${BAKEHOUSE_SOURCE_DIR}"
      OUTPUT_VARIABLE head ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(head MATCHES "^origin/([^;]+)$")
      list(APPEND variables "BUILDKITE_PIPELINE_DEFAULT_BRANCH=${CMAKE_MATCH_1}")
    endif()
  endif()
  set(${out} "${variables}" PARENT_SCOPE)
endfunction()

# `bakehouse cache step VERB` for some kinds; its answer is a list of {kind, source, files, why}.
function(_bakehouse_step out verb)
  set(command "${BAKEHOUSE_PROGRAM}" cache step ${verb} --json --cache-path "${CACHE_PATH}")
  foreach(kind ${ARGN})
    list(APPEND command --kind ${kind})
  endforeach()
  if(NOT BAKEHOUSE_CACHE_STORE STREQUAL "")
    list(APPEND command --store "${BAKEHOUSE_CACHE_STORE}")
  endif()
  if("$ENV{BUILDKITE_JOB_ID}" STREQUAL "")
    list(APPEND command --scope "${BAKEHOUSE_CACHE_SCOPE}")
    if(verb STREQUAL "save")
      list(APPEND command --build "${BAKEHOUSE_BUILD}")
    endif()
  endif()
  _bakehouse_environment(environment)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env ${environment} ${command}
    WORKING_DIRECTORY "${BAKEHOUSE_SOURCE_DIR}"
    OUTPUT_VARIABLE answer ERROR_VARIABLE complaint RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    set(answer "")
    string(STRIP "${complaint}" complaint)
    message(WARNING "The caches could not be ${verb}d: ${complaint}")
  endif()
  set(${out} "${answer}" PARENT_SCOPE)
endfunction()

# 1234567 as 1,234,567.
function(_bakehouse_number out number)
  while(number MATCHES "^([0-9]+)([0-9][0-9][0-9])($|,.*)")
    set(number "${CMAKE_MATCH_1},${CMAKE_MATCH_2}${CMAKE_MATCH_3}")
  endwhile()
  set(${out} "${number}" PARENT_SCOPE)
endfunction()

# One line or two on what was restored; `answer` is an object of {source, files, why}.
function(_bakehouse_say_restored kind answer)
  string(JSON source ERROR_VARIABLE missing GET "${answer}" source)
  string(JSON files ERROR_VARIABLE unknown GET "${answer}" files)
  string(JSON why ERROR_VARIABLE silent GET "${answer}" why)
  if(missing OR source STREQUAL "" OR source STREQUAL "null")
    message(STATUS "  No ${kind}-cache.tar.gz found (normal for first builds)")
    if(NOT silent)
      message(STATUS "    ${why}")
    endif()
    return()
  endif()
  _bakehouse_number(files "${files}")
  message(STATUS "  Attempting to download ${kind}-cache.tar.gz from build ${source}")
  message(STATUS "  ✅ Restored ${kind}-cache.tar.gz: ${files} files")
endfunction()

# A target: `cmake -DBAKEHOUSE_UPLOAD=KIND … -P` of this file.
if(DEFINED CMAKE_SCRIPT_MODE_FILE AND DEFINED BAKEHOUSE_UPLOAD)
  _bakehouse_strategy(strategy)
  set(requests "$ENV{BAKEHOUSE_CACHE_REQUESTS}")
  set(writes FALSE)
  if(strategy STREQUAL "read-write" OR strategy STREQUAL "write-only")
    set(writes TRUE)
  endif()
  if(NOT requests STREQUAL "")
    if(writes)
      file(WRITE "${requests}/${BAKEHOUSE_UPLOAD}" "save\n")
      message(STATUS "${BAKEHOUSE_UPLOAD}: the host saves it when this job has passed")
    else()
      file(WRITE "${requests}/${BAKEHOUSE_UPLOAD}" "skip\n")
      message(STATUS "${BAKEHOUSE_UPLOAD}: not uploaded: the strategy is ${strategy}")
    endif()
  elseif(NOT writes)
    message(STATUS "${BAKEHOUSE_UPLOAD}: not uploaded: the strategy is ${strategy}")
  elseif(NOT BAKEHOUSE_PROGRAM)
    message(STATUS "${BAKEHOUSE_UPLOAD}: not uploaded: there is no `bakehouse` on PATH; it stays in ${CACHE_PATH}")
  else()
    _bakehouse_step(answer save ${BAKEHOUSE_UPLOAD})
    string(JSON why ERROR_VARIABLE failed GET "${answer}" 0 why)
    if(NOT failed)
      string(JSON files GET "${answer}" 0 files)
      _bakehouse_number(files "${files}")
      message(STATUS "${BAKEHOUSE_UPLOAD}: ${files} files uploaded, ${why}")
    endif()
  endif()
  cmake_policy(POP)
  return()
endif()

set(BAKEHOUSE_SOURCE_DIR "${CMAKE_SOURCE_DIR}")
_bakehouse_strategy(BAKEHOUSE_CACHE_STRATEGY)
_bakehouse_setting(BAKEHOUSE_CACHE_STORE BAKEHOUSE_CACHE_STORE "")
_bakehouse_setting(BAKEHOUSE_CCACHE_MAXSIZE BAKEHOUSE_CCACHE_MAXSIZE 20G)
foreach(flag BUN_CPP_ONLY BUN_LINK_ONLY)
  if(NOT DEFINED ${flag} AND DEFINED ENV{${flag}})
    set(${flag} $ENV{${flag}})
  endif()
endforeach()

# Repository and branch, of the job, else of git.
function(_bakehouse_git out default)
  execute_process(
    COMMAND git ${ARGN} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
    OUTPUT_VARIABLE text ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR text STREQUAL "")
    set(text "${default}")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# In a VM the host knows all that.
if("$ENV{BAKEHOUSE_CACHE_REQUESTS}" STREQUAL "")
  get_filename_component(_bakehouse_name "${CMAKE_SOURCE_DIR}" NAME)
  _bakehouse_git(_bakehouse_repo "${_bakehouse_name}" config --get remote.origin.url)
  string(REGEX REPLACE "/+$" "" _bakehouse_repo "${_bakehouse_repo}")
  string(REGEX REPLACE "[.]git$" "" _bakehouse_repo "${_bakehouse_repo}")
  string(REGEX REPLACE "^.*[/:]" "" _bakehouse_repo "${_bakehouse_repo}")
  # A commit without a branch may be anyone's, a pull request's in most CIs: no branch's name has a colon.
  _bakehouse_git(_bakehouse_commit unknown rev-parse HEAD)
  _bakehouse_git(_bakehouse_branch "" symbolic-ref --short HEAD)
  if(NOT _bakehouse_branch STREQUAL "")
    set(_bakehouse_ref "${_bakehouse_branch}")
  elseif(EXISTS "${CMAKE_SOURCE_DIR}/.git" OR NOT _bakehouse_commit STREQUAL "unknown")
    set(_bakehouse_branch detached)
    set(_bakehouse_ref "detached:${_bakehouse_commit}")
  else()
    set(_bakehouse_branch main)
    set(_bakehouse_ref main)
  endif()
  _bakehouse_setting(_bakehouse_branch BUILDKITE_BRANCH "${_bakehouse_branch}")
  _bakehouse_setting(_bakehouse_ref BUILDKITE_BRANCH "${_bakehouse_ref}")
endif()
_bakehouse_setting(BAKEHOUSE_CACHE_SCOPE BAKEHOUSE_CACHE_SCOPE "${_bakehouse_repo}/${_bakehouse_ref}")

if(NOT "$ENV{CACHE_PATH}" STREQUAL "")
  file(TO_CMAKE_PATH "$ENV{CACHE_PATH}" _bakehouse_path)
  set(CACHE_PATH "${_bakehouse_path}" CACHE PATH "Directory of the compilation caches" FORCE)
elseif(NOT CACHE_PATH)
  if("$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(_bakehouse_root "$ENV{HOME}/.cache")
  else()
    set(_bakehouse_root "$ENV{XDG_CACHE_HOME}")
  endif()
  # No two pairs of repository and branch share a directory, whatever characters are in them.
  string(SHA256 _bakehouse_hash "${_bakehouse_repo}\n${_bakehouse_branch}")
  string(SUBSTRING "${_bakehouse_hash}" 0 8 _bakehouse_hash)
  string(REGEX REPLACE "[^A-Za-z0-9._-]" "-" _bakehouse_name "${_bakehouse_repo}-${_bakehouse_branch}")
  string(SUBSTRING "${_bakehouse_name}" 0 60 _bakehouse_name)
  cmake_host_system_information(RESULT _bakehouse_platform QUERY OS_NAME OS_PLATFORM)
  string(TOLOWER "${_bakehouse_platform};${CMAKE_BUILD_TYPE}" _bakehouse_platform)
  string(REPLACE ";" "-" _bakehouse_platform "${_bakehouse_platform}")
  foreach(pair "^macos;darwin" "-(x86_64|amd64)-;-x64-" "-arm64-;-aarch64-" "-$;-release")
    list(POP_FRONT pair from to)
    string(REGEX REPLACE "${from}" "${to}" _bakehouse_platform "${_bakehouse_platform}")
  endforeach()
  set(CACHE_PATH "${_bakehouse_root}/bakehouse/${_bakehouse_name}-${_bakehouse_hash}/${_bakehouse_platform}"
    CACHE PATH "Directory of the compilation caches" FORCE)
endif()

_bakehouse_setting(BAKEHOUSE_CACHE_KINDS CACHE_KINDS "")
if(BUN_LINK_ONLY)
  set(BAKEHOUSE_CACHE_KINDS "")
elseif(NOT BAKEHOUSE_CACHE_KINDS STREQUAL "")
  string(REGEX REPLACE "[, ]+" ";" BAKEHOUSE_CACHE_KINDS "${BAKEHOUSE_CACHE_KINDS}")
elseif(BUN_CPP_ONLY)
  set(BAKEHOUSE_CACHE_KINDS ccache)
else()
  set(BAKEHOUSE_CACHE_KINDS zig-local zig-global)
endif()
set(_bakehouse_dir_ccache ccache)
set(_bakehouse_dir_zig-local zig/local)
set(_bakehouse_dir_zig-global zig/global)
set(_bakehouse_dir_bun bun)
foreach(kind ${BAKEHOUSE_CACHE_KINDS})
  if(NOT DEFINED _bakehouse_dir_${kind})
    list(REMOVE_ITEM BAKEHOUSE_CACHE_KINDS ${kind})
    # A host's configuration may name more; it has checked them, and looks after those itself.
    if(NOT kind STREQUAL "none" AND "$ENV{BAKEHOUSE_CACHE_REQUESTS}" STREQUAL "")
      message(FATAL_ERROR
        "CACHE_KINDS has `${kind}`, which is not known. Use ccache, zig-local, zig-global, bun or none.")
    endif()
  endif()
endforeach()

_bakehouse_setting(BAKEHOUSE_PROGRAM BAKEHOUSE_PROGRAM "")
if(BAKEHOUSE_PROGRAM STREQUAL "")
  find_program(BAKEHOUSE_FOUND bakehouse)
  mark_as_advanced(BAKEHOUSE_FOUND)
  set(BAKEHOUSE_PROGRAM "${BAKEHOUSE_FOUND}")
endif()
# One name for what this build directory saves: both Zig caches must come from one build.
if(NOT BAKEHOUSE_BUILD)
  string(TIMESTAMP _bakehouse_now "%s" UTC)
  string(RANDOM LENGTH 8 ALPHABET 0123456789abcdef _bakehouse_random)
  set(BAKEHOUSE_BUILD "local-${_bakehouse_now}-${_bakehouse_random}" CACHE INTERNAL "")
endif()

# Restore ------------------------------------------------------------------------------------------------------------

function(_bakehouse_restore)
  message(STATUS "Restoring Buildkite cache artifacts...")
  set(strategy ${BAKEHOUSE_CACHE_STRATEGY})
  if(NOT BAKEHOUSE_CACHE_KINDS)
    message(STATUS "  This step uses no caches")
    return()
  elseif(strategy STREQUAL "disabled" OR strategy STREQUAL "write-only")
    message(STATUS "  Cache disabled: the strategy is ${strategy}; unset CACHE_STRATEGY and BUILDKITE_CACHE to restore")
    return()
  endif()
  if(NOT "$ENV{BAKEHOUSE_CACHE_REQUESTS}" STREQUAL "")
    foreach(kind ${BAKEHOUSE_CACHE_KINDS})
      string(JSON answer ERROR_VARIABLE none GET "$ENV{BAKEHOUSE_CACHE_RESTORED}" ${kind})
      _bakehouse_say_restored(${kind} "${answer}")
    endforeach()
    return()
  endif()
  set(wanted "")
  foreach(kind ${BAKEHOUSE_CACHE_KINDS})
    set(place "${CACHE_PATH}/${_bakehouse_dir_${kind}}")
    file(GLOB there LIST_DIRECTORIES true "${place}/*")
    # What a restore that was killed left is no cache.
    string(REGEX REPLACE "/([^/]+)$" "/.\\1.bakehouse" note "${place}")
    set(state "")
    if(EXISTS "${note}")
      file(READ "${note}" state LIMIT 20)
    endif()
    if(there AND NOT state STREQUAL "partial\n")
      message(STATUS "  ${kind} is in ${CACHE_PATH} already; nothing is restored over it")
    else()
      list(APPEND wanted ${kind})
    endif()
  endforeach()
  # One Zig cache is of no use beside another build's.
  if("zig-local" IN_LIST BAKEHOUSE_CACHE_KINDS AND "zig-global" IN_LIST BAKEHOUSE_CACHE_KINDS)
    if(NOT ("zig-local" IN_LIST wanted AND "zig-global" IN_LIST wanted))
      list(REMOVE_ITEM wanted zig-local zig-global)
    endif()
  endif()
  if(NOT wanted)
    return()
  elseif(NOT BAKEHOUSE_PROGRAM)
    message(STATUS "  Nothing is restored: there is no `bakehouse` on PATH (or BAKEHOUSE_PROGRAM)")
    return()
  endif()
  # The Zig caches from one build, the others from whichever has them.
  foreach(group ccache "zig-local;zig-global" bun)
    set(kinds "")
    foreach(kind ${group})
      if(kind IN_LIST wanted)
        list(APPEND kinds ${kind})
      endif()
    endforeach()
    if(NOT kinds)
      continue()
    endif()
    _bakehouse_step(answer restore ${kinds})
    string(JSON count ERROR_VARIABLE failed LENGTH "${answer}")
    if(failed OR count EQUAL 0)
      continue()
    endif()
    math(EXPR last "${count} - 1")
    foreach(index RANGE ${last})
      string(JSON kind GET "${answer}" ${index} kind)
      string(JSON one GET "${answer}" ${index})
      _bakehouse_say_restored(${kind} "${one}")
    endforeach()
  endforeach()
endfunction()

_bakehouse_restore()

# Upload -------------------------------------------------------------------------------------------------------------

function(_bakehouse_upload_targets module)
  message(STATUS "=== CACHE UPLOAD DEBUG ===")
  if(BUN_LINK_ONLY)
    message(STATUS "BUN_LINK_ONLY: ON")
    message(STATUS "Link step - will upload no caches")
    foreach(name upload-ccache-cache upload-zig-local-cache upload-zig-global-cache upload-all-caches)
      add_custom_target(${name})
    endforeach()
    message(STATUS "Created no-op upload targets")
    return()
  elseif(BUN_CPP_ONLY)
    message(STATUS "BUN_CPP_ONLY: ON")
    set(step "C++ build step")
  elseif("ccache" IN_LIST BAKEHOUSE_CACHE_KINDS)
    set(step "Build step")
  else()
    set(step "Zig build step")
  endif()
  set(names "")
  string(REPLACE ";" ", " shown "${BAKEHOUSE_CACHE_KINDS}")
  message(STATUS "${step} - will upload ${shown}")
  foreach(kind ${BAKEHOUSE_CACHE_KINDS})
    add_custom_target(upload-${kind}-cache
      COMMAND ${CMAKE_COMMAND} -DBAKEHOUSE_UPLOAD=${kind}
        "-DCACHE_PATH=${CACHE_PATH}" -DCACHE_STRATEGY=${BAKEHOUSE_CACHE_STRATEGY}
        "-DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}"
        "-DBAKEHOUSE_PROGRAM=${BAKEHOUSE_PROGRAM}" "-DBAKEHOUSE_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
        "-DBAKEHOUSE_CACHE_STORE=${BAKEHOUSE_CACHE_STORE}" "-DBAKEHOUSE_CACHE_SCOPE=${BAKEHOUSE_CACHE_SCOPE}"
        -DBAKEHOUSE_BUILD=${BAKEHOUSE_BUILD} -P "${module}"
      COMMENT "Uploading the ${kind} cache" USES_TERMINAL VERBATIM)
    message(STATUS "Created real ${kind} upload target")
    list(APPEND names upload-${kind}-cache)
  endforeach()
  add_custom_target(upload-all-caches)
  if(names)
    add_dependencies(upload-all-caches ${names})
  endif()
  string(REPLACE ";" ", " shown "${names}")
  message(STATUS "Created upload-all-caches meta target with dependencies: ${shown}")
endfunction()

_bakehouse_upload_targets("${CMAKE_CURRENT_LIST_FILE}")

# Use ----------------------------------------------------------------------------------------------------------------

# A program that sets variables as CACHE_STRATEGY says at that moment, and runs its arguments.
function(_bakehouse_launcher file off on before)
  set(word "CACHE_STRATEGY=$strategy is not known. Use read-write, read-only, write-only, disabled or none.")
  file(WRITE "${file}" "#!/bin/sh
# Made by Bakehouse.cmake.
strategy=\${CACHE_STRATEGY:-${BAKEHOUSE_CACHE_STRATEGY}}
case \${BUILDKITE_CACHE:-} in [Oo][Ff][Ff] | [Ff][Aa][Ll][Ss][Ee] | [Nn][Oo] | 0) strategy=disabled ;; esac
case $strategy in
  disabled | none)
${off}    exec \"$@\" ;;
  read-only) export CCACHE_READONLY=1 ;;
  write-only) export CCACHE_RECACHE=1 ;;
  read-write) ;;
  *) echo \"${word}\" >&2; exit 2 ;;
esac
${on}exec ${before}\"$@\"
")
  file(CHMOD "${file}" PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()

# A line of the shell that exports NAME VALUE pairs.
function(_bakehouse_exports out)
  set(lines "")
  while(ARGN)
    list(POP_FRONT ARGN name value)
    string(REPLACE "'" "'\\''" value "${value}")
    string(APPEND lines "export ${name}='${value}'\n")
  endwhile()
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

set(BAKEHOUSE_ZIG "${CMAKE_BINARY_DIR}/bakehouse/zig.sh")
_bakehouse_exports(_bakehouse_on
  ZIG_LOCAL_CACHE_DIR "${CACHE_PATH}/zig/local" ZIG_GLOBAL_CACHE_DIR "${CACHE_PATH}/zig/global")
_bakehouse_exports(_bakehouse_off
  ZIG_LOCAL_CACHE_DIR "${CMAKE_BINARY_DIR}/bakehouse/zig/local"
  ZIG_GLOBAL_CACHE_DIR "${CMAKE_BINARY_DIR}/bakehouse/zig/global")
_bakehouse_launcher("${BAKEHOUSE_ZIG}" "${_bakehouse_off}" "${_bakehouse_on}" "")

find_program(BAKEHOUSE_CCACHE ccache)
if(BAKEHOUSE_CCACHE AND NOT CMAKE_HOST_WIN32)
  # A fresh checkout is always newer than the compile's start, which says nothing about its content.
  _bakehouse_exports(_bakehouse_on
    CCACHE_DIR "${CACHE_PATH}/ccache" CCACHE_BASEDIR "${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR 1
    CCACHE_MAXSIZE "${BAKEHOUSE_CCACHE_MAXSIZE}"
    CCACHE_SLOPPINESS include_file_mtime,include_file_ctime,time_macros)
  string(REPLACE "'" "'\\''" _bakehouse_before "${BAKEHOUSE_CCACHE}")
  _bakehouse_launcher("${CMAKE_BINARY_DIR}/bakehouse/ccache.sh" "" "${_bakehouse_on}" "'${_bakehouse_before}' ")
  foreach(language C CXX)
    if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER "${CMAKE_BINARY_DIR}/bakehouse/ccache.sh")
    endif()
  endforeach()
endif()

set(CACHE_STRATEGY ${BAKEHOUSE_CACHE_STRATEGY})
if(CACHE_STRATEGY STREQUAL "disabled")
  set(CACHE_STRATEGY none)
endif()
cmake_policy(POP)
