// SPDX-License-Identifier: GPL-2.0-or-later
#include "golden_frames.hpp"

#include "assay_generated.h"
#include "frame.hpp"

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

void add_hello(GoldenFrames& frames) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Capability>> capabilities{
      wire::CreateCapabilityDirect(builder, "memfd", true, ""),
      wire::CreateCapabilityDirect(builder, "kvm", false, "No such file or directory")};
  frames.emplace("hello",
                 frame_of(builder, wire::CreateHelloDirect(builder, 1, "0.1.0", "6.12.0", "#1 SMP", "x86_64",
                                                           4096, 2, 536870912, 900000000, &capabilities)));
}

void add_samples(GoldenFrames& frames) {
  Builder builder;
  const std::vector<std::uint64_t> times{1000, 2000};
  const std::vector<std::uint32_t> metrics{0, 7};
  const std::vector<std::int64_t> values{1, 2, -3, 4};
  frames.emplace("samples",
                 frame_of(builder, wire::CreateSamplesDirect(builder, 9, &times, &metrics, &values)));
}

void add_result(GoldenFrames& frames) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Counter>> counters{
      wire::CreateCounterDirect(builder, "touches", 4096),
      wire::CreateCounterDirect(builder, "vmstat.vma_lock_retry", 0)};
  const std::vector<flatbuffers::Offset<wire::Check>> checks{
      wire::CreateCheckDirect(builder, "content", true, "")};
  frames.emplace("result", frame_of(builder, wire::CreateResultDirect(builder, 9, wire::Fate::finished, 0,
                                                                      wire::Outcome::pass, "", &counters,
                                                                      &checks, 1000, 2000)));
}

void add_start(GoldenFrames& frames) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Parameter>> parameters{
      wire::CreateParameterDirect(builder, "pages", "256")};
  const std::vector<flatbuffers::Offset<flatbuffers::String>> sources{builder.CreateString("vmstat")};
  frames.emplace(
      "start", frame_of(builder, wire::CreateStartDirect(builder, 9, "fault.shared", 1, &parameters, 10000000,
                                                         &sources, 60000000000)));
}

void add_small_ones(GoldenFrames& frames) {
  Builder heartbeat;
  frames.emplace("heartbeat", frame_of(heartbeat, wire::CreateHeartbeat(heartbeat, 1000, 1, 2, 77)));
  Builder log;
  frames.emplace("log", frame_of(log, wire::CreateLogDirect(log, 1000, wire::LogLevel::warning, "so so")));
  Builder event;
  frames.emplace("event", frame_of(event, wire::CreateEventDirect(event, 9, 1000, "begin", "now", -1)));
  Builder ping;
  frames.emplace("ping", frame_of(ping, wire::CreatePing(ping, 42)));
  Builder off;
  frames.emplace("power-off", frame_of(off, wire::CreatePowerOff(off)));
}

void add_programs_and_files(GoldenFrames& frames) {
  const std::vector<std::uint8_t> bytes{'h', 'i', 0, 0xff};
  Builder output;
  frames.emplace("output", frame_of(output, wire::CreateOutputDirect(output, 9, wire::Stream::err, &bytes)));
  Builder taken;
  frames.emplace("taken", frame_of(taken, wire::CreateTaken(taken, 9, 2)));
  Builder ended;
  frames.emplace(
      "ended", frame_of(ended, wire::CreateEndedDirect(ended, 9, wire::ProgramEnd::signalled, 9, "Killed")));
  Builder done;
  frames.emplace("files-done", frame_of(done, wire::CreateFilesDoneDirect(done, 9, "00ff")));
  Builder files;
  const std::vector<flatbuffers::Offset<wire::FileEntry>> entries{
      wire::CreateFileEntryDirect(files, wire::FileKind::regular, "/bin/x", 0755, 1000, "", 0, 0, &bytes),
      wire::CreateFileEntryDirect(files, wire::FileKind::link, "/bin/y", 0777, -1, "x")};
  frames.emplace("files", frame_of(files, wire::CreateFilesDirect(files, 9, &entries, true)));
  Builder store;
  frames.emplace("store-files", frame_of(store, wire::CreateStoreFiles(store, 9)));
  Builder fetch;
  frames.emplace("fetch-files", frame_of(fetch, wire::CreateFetchFilesDirect(fetch, 9, "/tmp/y")));
  Builder run;
  const auto arguments = run.CreateVectorOfStrings({"/bin/x", "-v"});
  const auto environment = run.CreateVectorOfStrings({"PATH=/bin"});
  const auto directory = run.CreateString("/");
  const auto user = run.CreateString("nobody");
  frames.emplace("run-program",
                 frame_of(run, wire::CreateRunProgram(run, 9, arguments, environment, directory, 60000000000,
                                                      true, true, 24, 80, true, user)));
  Builder input;
  frames.emplace("input", frame_of(input, wire::CreateInputDirect(input, 9, &bytes, true)));
  Builder resize;
  frames.emplace("resize", frame_of(resize, wire::CreateResize(resize, 9, 40, 120)));
  Builder unread;
  frames.emplace("unread", frame_of(unread, wire::CreateUnread(unread, 9, wire::Stream::err)));
}

}  // namespace

GoldenFrames golden_frames() {
  GoldenFrames frames;
  add_hello(frames);
  add_samples(frames);
  add_result(frames);
  add_start(frames);
  add_small_ones(frames);
  add_programs_and_files(frames);
  return frames;
}

}  // namespace assay::agent
