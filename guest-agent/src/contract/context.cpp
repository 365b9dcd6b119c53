// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"

#include "base/clock.hpp"
#include "wire/encoder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace assay::agent {
namespace {

template <class Spec>
void require_declared(const std::vector<Spec>& specs, std::string_view name) {
  if (std::ranges::find(specs, name, &Spec::name) == specs.end()) {
    throw std::logic_error("a workload reports \"" + std::string(name) + "\" and does not declare it");
  }
}

template <class T>
void send(Reporter& reporter, flatbuffers::FlatBufferBuilder& builder, flatbuffers::Offset<T> message) {
  const auto frame = wire::CreateFrame(builder, wire::MessageTraits<T>::enum_value, message.Union());
  wire::FinishFrameBuffer(builder, frame);
  reporter.send({reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()});
}

}  // namespace

void throw_errno(const std::string& action) {
  const char* why = strerrordesc_np(errno);
  throw std::runtime_error("cannot " + action + ": " + (why != nullptr ? why : "unknown error"));
}

Context::Context(const Workload& workload, Values values, std::uint64_t order, std::uint64_t seed,
                 Reporter& reporter)
    : workload_(workload), values_(std::move(values)), order_(order), seed_(seed), reporter_(reporter) {}

std::string_view Context::choice(std::string_view parameter) const {
  const auto spec = std::ranges::find(workload_.parameters, parameter, &ParameterSpec::name);
  return spec->choices.at(static_cast<std::size_t>(values_.number(parameter)));
}

void Context::counter(std::string_view name, std::int64_t value) {
  require_declared(workload_.counters, name);
  const auto found = std::ranges::find(counters_, name, &CounterReport::name);
  if (found == counters_.end()) {
    counters_.push_back({std::string(name), value});
  } else {
    found->value = value;
  }
}

void Context::check(std::string_view name, bool ok, std::string_view detail) {
  require_declared(workload_.checks, name);
  const auto found = std::ranges::find(checks_, name, &CheckReport::name);
  if (found == checks_.end()) {
    checks_.push_back({std::string(name), ok, std::string(detail)});
  } else if (found->ok) {
    *found = {std::string(name), ok, std::string(detail)};
  }
}

void Context::event(std::string_view name, std::string_view detail, std::int64_t value) {
  flatbuffers::FlatBufferBuilder builder;
  const auto name_at = builder.CreateString(name.data(), name.size());
  const auto cut = detail.substr(0, longest_text);
  const auto detail_at = builder.CreateString(cut.data(), cut.size());
  send(reporter_, builder, wire::CreateEvent(builder, order_, monotonic_ns(), name_at, detail_at, value));
}

void Context::log(wire::LogLevel level, std::string_view text) {
  flatbuffers::FlatBufferBuilder builder;
  const auto cut = text.substr(0, longest_text);
  const auto text_at = builder.CreateString(cut.data(), cut.size());
  send(reporter_, builder, wire::CreateLog(builder, monotonic_ns(), level, text_at));
}

}  // namespace assay::agent
