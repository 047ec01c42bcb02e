# The Zig part, as one object. The target is named in full: "native" would differ from host to host
# and miss the cache.
find_program(ZIG zig REQUIRED)
find_program(PERL perl REQUIRED)

if(CMAKE_HOST_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(zig_arch aarch64)
else()
  set(zig_arch x86_64)
endif()
if(CMAKE_HOST_SYSTEM_NAME STREQUAL "Darwin")
  set(zig_os macos)
else()
  set(zig_os linux-gnu)
endif()

add_custom_target(zig
  COMMAND ${CMAKE_COMMAND} -E make_directory ${OUT}
  COMMAND ${BAKEHOUSE_ZIG} ${PERL} ${CMAKE_SOURCE_DIR}/ci/zig-obj.pl ${OUT}/oven-zig.o ${CMAKE_SOURCE_DIR}/bakehouse-stats
    ${ZIG} build-obj -O ReleaseSmall -target ${zig_arch}-${zig_os} -mcpu baseline
    -fPIC -fno-stack-check --name oven-zig src/zig/root.zig
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  USES_TERMINAL VERBATIM)
