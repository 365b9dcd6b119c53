// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "frame.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Frames as an agent writes them, for tests that play one.
namespace assay::link::sample {

using Builder = flatbuffers::FlatBufferBuilder;
using Bytes = std::vector<std::byte>;

template <class Table>
Bytes payload_of(Builder& builder, flatbuffers::Offset<Table> message) {
  wire::FinishFrameBuffer(
      builder, wire::CreateFrame(builder, wire::MessageTraits<Table>::enum_value, message.Union()));
  const auto* begin = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return {begin, begin + builder.GetSize()};
}

inline Bytes framed(const Bytes& payload, std::uint32_t sequence) {
  const auto header = wire::encode_header(static_cast<std::uint32_t>(payload.size()), sequence);
  Bytes frame(header.begin(), header.end());
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

inline Bytes hello(std::uint32_t protocol = wire::protocol_version) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Capability>> capabilities{
      wire::CreateCapabilityDirect(builder, "memfd", true, ""),
      wire::CreateCapabilityDirect(builder, "kvm", false, "No such file or directory")};
  return payload_of(builder, wire::CreateHelloDirect(builder, protocol, "0.1.0", "6.12.117", "#1 SMP",
                                                     "x86_64", 4096, 2, 536870912, 900, &capabilities));
}

inline Bytes heartbeat(std::uint64_t dropped_frames = 0, std::uint64_t dropped_samples = 0) {
  Builder builder;
  return payload_of(builder, wire::CreateHeartbeat(builder, 1000, dropped_frames, dropped_samples, 7));
}

inline Bytes kernel_log_answer(std::uint64_t nonce, const std::vector<bool>& by_kernel, bool whole = true) {
  Builder builder;
  const std::vector<std::uint8_t> bytes(by_kernel.begin(), by_kernel.end());
  return payload_of(builder, wire::CreateKernelLogAnswerDirect(builder, nonce, 1000, &bytes, whole));
}

inline Bytes pong(std::uint64_t nonce) {
  Builder builder;
  return payload_of(builder, wire::CreatePong(builder, nonce, 1000));
}

inline Bytes log(const std::string& text) {
  Builder builder;
  return payload_of(builder, wire::CreateLogDirect(builder, 1000, wire::LogLevel::warning, text.c_str()));
}

inline Bytes event(std::uint64_t order, const std::string& name) {
  Builder builder;
  return payload_of(builder, wire::CreateEventDirect(builder, order, 1000, name.c_str(), "now", -1));
}

inline Bytes metrics(std::uint64_t order) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Metric>> list{
      wire::CreateMetricDirect(builder, 3, "vmstat.pgfault", "events"),
      wire::CreateMetricDirect(builder, 4, "vmstat.pgmajfault", "events")};
  return payload_of(builder, wire::CreateMetricsDirect(builder, order, &list));
}

inline Bytes samples(std::uint64_t order, const std::vector<std::uint64_t>& times,
                     const std::vector<std::uint32_t>& ids, const std::vector<std::int64_t>& values) {
  Builder builder;
  return payload_of(builder, wire::CreateSamplesDirect(builder, order, &times, &ids, &values));
}

inline Bytes output(std::uint64_t order, wire::Stream stream, const std::string& text) {
  Builder builder;
  const auto bytes = builder.CreateVector(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  return payload_of(builder, wire::CreateOutput(builder, order, stream, bytes));
}

inline Bytes taken(std::uint64_t order, std::uint64_t inputs) {
  Builder builder;
  return payload_of(builder, wire::CreateTaken(builder, order, inputs));
}

inline Bytes ended(std::uint64_t order, wire::ProgramEnd how, std::int32_t code) {
  Builder builder;
  return payload_of(builder, wire::CreateEndedDirect(builder, order, how, code, "why"));
}

inline Bytes files_done(std::uint64_t order, const std::string& digest) {
  Builder builder;
  return payload_of(builder, wire::CreateFilesDoneDirect(builder, order, digest.c_str()));
}

inline Bytes file(std::uint64_t order, wire::FileKind kind, const std::string& path,
                  const std::string& text) {
  Builder builder;
  const auto path_at = builder.CreateString(path);
  const auto bytes = builder.CreateVector(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  const std::vector<flatbuffers::Offset<wire::FileEntry>> entries{
      wire::CreateFileEntry(builder, kind, path_at, 0755, 5, 0, 1, 2, bytes)};
  return payload_of(builder, wire::CreateFilesDirect(builder, order, &entries, true));
}

struct ResultWords {
  wire::Fate fate = wire::Fate::finished;
  wire::Outcome outcome = wire::Outcome::pass;
  std::string reason = {};
  bool check_ok = true;
  std::int32_t code = 0;
  std::int64_t touches = 4096;
};

inline Bytes result(std::uint64_t order, const ResultWords& words) {
  Builder builder;
  const std::vector<flatbuffers::Offset<wire::Counter>> counters{
      wire::CreateCounterDirect(builder, "touches", words.touches)};
  const std::vector<flatbuffers::Offset<wire::Check>> checks{
      wire::CreateCheckDirect(builder, "content", words.check_ok, words.check_ok ? "" : "page 3 differs")};
  return payload_of(builder, wire::CreateResultDirect(builder, order, words.fate, words.code, words.outcome,
                                                      words.reason.c_str(), &counters, &checks, 1000, 3000));
}

// No default argument: GCC 12 destroys such a temporary twice when the call stands in a co_await expression.
inline Bytes result(std::uint64_t order) { return result(order, ResultWords()); }

}  // namespace assay::link::sample
