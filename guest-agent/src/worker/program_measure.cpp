// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/program_measure.hpp"

#include "base/clock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace assay::agent {
namespace {

/// The longest word is "begin unmarked".
constexpr std::size_t longest_word = 32;

std::int64_t microseconds(const timeval& time) {
  return std::int64_t{time.tv_sec} * 1'000'000 + std::int64_t{time.tv_usec};
}

}  // namespace

const Workload& program_workload() {
  static const Workload the_workload{
      .name = "program",
      .summary = "a program of the experiment's",
      .counters = {{.name = "wall_us", .unit = "us", .help = "from its start to its end"},
                   {.name = "cpu_us", .unit = "us", .help = "that it and its children took, kernel included"},
                   {.name = "max_rss", .unit = "KiB", .help = "the largest resident set of one process"},
                   {.name = "memory_peak", .unit = "KiB", .help = "of its cgroup, where it has a limit"}},
      .checks = {{.name = "marks", .help = "it began to measure, as it was to"}},
  };
  return the_workload;
}

ProgramMeasure::ProgramMeasure(Context& context, bool marks, bool settles)
    : context_(context), marks_(marks), settles_(settles) {
  if (!marks) {
    return;
  }
  for (auto [read, write] : {std::pair(&words_, &said_), std::pair(&heard_, &answers_)}) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw_errno("make a pipe for the program");
    }
    read->reset(ends[0]);
    write->reset(ends[1]);
  }
  for (const UniqueFd* own : {&words_, &answers_}) {
    ::fcntl(own->get(), F_SETFL, O_NONBLOCK);
  }
}

void ProgramMeasure::start() {
  started_ns_ = monotonic_ns();
  if (!marks_) {
    context_.begin_measurement();
  }
}

void ProgramMeasure::hear() {
  std::array<char, longest_word> bytes{};
  const ssize_t count = ::read(words_.get(), bytes.data(), bytes.size());
  for (ssize_t i = 0; i < count; ++i) {
    const char byte = bytes.at(static_cast<std::size_t>(i));
    if (byte != '\n') {
      word_.append(word_.size() < longest_word ? 1 : 0, byte);
      continue;
    }
    const std::string answer = obey(word_) + "\n";
    word_.clear();
    // Who does not read the answers is not waited for.
    [[maybe_unused]] const auto sent = ::write(answers_.get(), answer.data(), answer.size());
  }
}

/// The first beginning counts, and the first end after it.
std::string ProgramMeasure::obey(const std::string& word) {
  const bool unmarked = word == "begin unmarked";
  const auto& measurement = context_.measurement();
  if (word != "begin" && word != "end" && !unmarked) {
    return "unknown";
  }
  if (word == "end" ? !measurement.began() || measurement.ended() : measurement.began()) {
    return "ignored";
  }
  if (word == "end") {
    context_.end_measurement();
  } else if (unmarked) {
    context_.begin_measurement_unmarked();
  } else {
    context_.begin_measurement();
  }
  return "ok";
}

void ProgramMeasure::reaped(const rusage& usage) {
  const auto& measurement = context_.measurement();
  if (!settles_) {
    end();
  }
  if (marks_) {
    context_.check(
        "marks", measurement.began(),
        measurement.began() ? "" : "the program never began to measure: it calls no assay_begin()");
  }
  context_.counter("wall_us", static_cast<std::int64_t>((monotonic_ns() - started_ns_) / 1000));
  context_.counter("cpu_us", microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
  context_.counter("max_rss", std::int64_t{usage.ru_maxrss});
}

void ProgramMeasure::end() {
  const auto& measurement = context_.measurement();
  if (measurement.began() && !measurement.ended()) {
    context_.end_measurement();
  }
}

}  // namespace assay::agent
