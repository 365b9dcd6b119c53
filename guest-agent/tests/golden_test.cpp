// SPDX-License-Identifier: GPL-2.0-or-later
// What a message looks like on the wire must not change by accident: a host may be older or newer than the
// agent in an initramfs. ASSAY_REGENERATE_GOLDEN=1 writes the golden files anew.
#include "assay_generated.h"
#include "data.hpp"
#include "frame.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace assay::agent {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

template <class T>
std::string frame_of(Builder& builder, flatbuffers::Offset<T> message) {
  wire::FinishFrameBuffer(builder,
                          wire::CreateFrame(builder, wire::MessageTraits<T>::enum_value, message.Union()));
  const auto header = wire::encode_header(builder.GetSize(), 5);
  std::string frame(reinterpret_cast<const char*>(header.data()), header.size());
  frame.append(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  return frame;
}

void expect_golden(const std::string& name, const std::string& frame) {
  const std::string file = "golden/" + name + ".frame";
  if (std::getenv("ASSAY_REGENERATE_GOLDEN") != nullptr) {
    std::ofstream(test_path(file), std::ios::binary) << frame;
  }
  EXPECT_EQ(test_file(file), frame) << "the bytes of " << name << " on the wire changed";
}

TEST(Golden, Hello) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Capability>> capabilities{
      wire::CreateCapabilityDirect(builder, "memfd", true, ""),
      wire::CreateCapabilityDirect(builder, "kvm", false, "No such file or directory")};
  expect_golden("hello",
                frame_of(builder, wire::CreateHelloDirect(builder, 1, "0.1.0", "6.12.0", "#1 SMP", "x86_64",
                                                          4096, 2, 536870912, 900000000, &capabilities)));
}

TEST(Golden, Samples) {
  Builder builder;
  const std::vector<std::uint64_t> times{1000, 2000};
  const std::vector<std::uint32_t> metrics{0, 7};
  const std::vector<std::int64_t> values{1, 2, -3, 4};
  expect_golden("samples",
                frame_of(builder, wire::CreateSamplesDirect(builder, 9, &times, &metrics, &values)));
}

TEST(Golden, Result) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Counter>> counters{
      wire::CreateCounterDirect(builder, "touches", 4096),
      wire::CreateCounterDirect(builder, "vmstat.vma_lock_retry", 0)};
  const std::vector<flatbuffers::Offset<wire::Check>> checks{
      wire::CreateCheckDirect(builder, "content", true, "")};
  expect_golden("result", frame_of(builder, wire::CreateResultDirect(builder, 9, wire::Fate::finished, 0,
                                                                     wire::Outcome::pass, "", &counters,
                                                                     &checks, 1000, 2000)));
}

TEST(Golden, Start) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Parameter>> parameters{
      wire::CreateParameterDirect(builder, "pages", "256")};
  const std::vector<flatbuffers::Offset<flatbuffers::String>> sources{builder.CreateString("vmstat")};
  expect_golden("start", frame_of(builder, wire::CreateStartDirect(builder, 9, "fault.shared", 1, &parameters,
                                                                   10000000, &sources, 60000000000)));
}

TEST(Golden, SmallOnes) {
  Builder heartbeat;
  expect_golden("heartbeat", frame_of(heartbeat, wire::CreateHeartbeat(heartbeat, 1000, 1, 2, 77)));
  Builder log;
  expect_golden("log", frame_of(log, wire::CreateLogDirect(log, 1000, wire::LogLevel::warning, "so so")));
  Builder event;
  expect_golden("event", frame_of(event, wire::CreateEventDirect(event, 9, 1000, "begin", "now", -1)));
  Builder ping;
  expect_golden("ping", frame_of(ping, wire::CreatePing(ping, 42)));
  Builder off;
  expect_golden("power-off", frame_of(off, wire::CreatePowerOff(off)));
}

TEST(Golden, ProgramsAndFiles) {
  const std::vector<std::uint8_t> bytes{'h', 'i', 0, 0xff};
  Builder output;
  expect_golden("output", frame_of(output, wire::CreateOutputDirect(output, 9, wire::Stream::err, &bytes)));
  Builder taken;
  expect_golden("taken", frame_of(taken, wire::CreateTaken(taken, 9, 2)));
  Builder ended;
  expect_golden("ended",
                frame_of(ended, wire::CreateEndedDirect(ended, 9, wire::ProgramEnd::signalled, 9, "Killed")));
  Builder done;
  expect_golden("file-done", frame_of(done, wire::CreateFileDoneDirect(done, 9, 0755, 4, "00ff")));
  Builder store;
  expect_golden("store-file", frame_of(store, wire::CreateStoreFileDirect(store, 9, "/bin/x", 0755)));
  Builder fetch;
  expect_golden("fetch-file", frame_of(fetch, wire::CreateFetchFileDirect(fetch, 9, "/tmp/y")));
  Builder run;
  const auto arguments = run.CreateVectorOfStrings({"/bin/x", "-v"});
  const auto environment = run.CreateVectorOfStrings({"PATH=/bin"});
  const auto directory = run.CreateString("/");
  expect_golden("run-program", frame_of(run, wire::CreateRunProgram(run, 9, arguments, environment, directory,
                                                                    60000000000, true, true, 24, 80)));
  Builder input;
  expect_golden("input", frame_of(input, wire::CreateInputDirect(input, 9, &bytes, true)));
  Builder resize;
  expect_golden("resize", frame_of(resize, wire::CreateResize(resize, 9, 40, 120)));
}

}  // namespace
}  // namespace assay::agent
