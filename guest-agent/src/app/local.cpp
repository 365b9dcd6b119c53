// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/local.hpp"

#include "assay_generated.h"
#include "base/json.hpp"
#include "frame.hpp"
#include "supervisor/worker_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>

namespace assay::agent {
namespace {

constexpr int exit_fail = 1;
constexpr int exit_skip = 77;

std::vector<std::byte> order_frame(const LocalRun& run) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<wire::Parameter>> parameters;
  for (const auto& [name, value] : run.parameters) {
    parameters.push_back(wire::CreateParameterDirect(builder, name.c_str(), value.c_str()));
  }
  const auto start = wire::CreateStartDirect(builder, 1, run.workload.c_str(), run.seed, &parameters);
  wire::FinishFrameBuffer(builder, wire::CreateFrame(builder, wire::Message::Start, start.Union()));
  const auto header = wire::encode_header(builder.GetSize(), 0);
  const std::span payload(reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize());
  std::vector<std::byte> frame(header.size() + payload.size());
  std::ranges::copy(payload, std::ranges::copy(header, frame.begin()).out);
  return frame;
}

void print_table(const wire::Result& result) {
  if (const auto* counters = result.counters()) {
    for (const auto* one : *counters) {
      const std::string name = one->name()->str();
      const bool is_own = name.find('.') == std::string::npos;
      const bool is_event = name.starts_with("vmstat.") && !name.starts_with("vmstat.nr_");
      if (is_own || (is_event && one->value() != 0)) {
        std::printf("%-36s %lld\n", name.c_str(), static_cast<long long>(one->value()));
      }
    }
  }
  if (const auto* checks = result.checks()) {
    for (const auto* one : *checks) {
      std::printf("check %-30s %s%s%s\n", one->name()->c_str(), one->ok() ? "ok" : "FAILED",
                  one->ok() ? "" : ": ", one->ok() ? "" : one->detail()->c_str());
    }
  }
  std::printf("measured %.3f ms\n", static_cast<double>(result.end_ns() - result.begin_ns()) / 1e6);
}

void print_json(const wire::Result& result) {
  JsonWriter json;
  json.begin('{');
  json.text(wire::EnumNameFate(result.fate()), "fate")
      .text(wire::EnumNameOutcome(result.outcome()), "outcome");
  json.text(result.reason()->c_str(), "reason").begin('{', "counters");
  if (const auto* counters = result.counters()) {
    for (const auto* one : *counters) {
      json.number(one->value(), one->name()->c_str());
    }
  }
  json.end('}').begin('[', "checks");
  if (const auto* checks = result.checks()) {
    for (const auto* one : *checks) {
      json.begin('{').text(one->name()->c_str(), "name").boolean(one->ok(), "ok");
      json.text(one->detail()->c_str(), "detail").end('}');
    }
  }
  json.end(']').number(static_cast<std::int64_t>(result.begin_ns()), "begin_ns");
  json.number(static_cast<std::int64_t>(result.end_ns()), "end_ns").end('}');
  std::fputs(json.take().c_str(), stdout);
}

int tell_result(const LocalRun& run, const wire::Result& result) {
  if (result.fate() == wire::Fate::refused) {
    std::fprintf(stderr, "assay-agent: %s\n", result.reason()->c_str());
    return exit_usage;
  }
  if (run.json) {
    print_json(result);
  } else {
    print_table(result);
  }
  const char* name = result.fate() == wire::Fate::finished ? wire::EnumNameOutcome(result.outcome())
                                                           : wire::EnumNameFate(result.fate());
  const char* reason = result.reason()->c_str();
  std::fprintf(run.json ? stderr : stdout, "%s: %s%s%s\n", run.workload.c_str(), name,
               *reason != '\0' ? ": " : "", reason);
  if (result.fate() != wire::Fate::finished || result.outcome() == wire::Outcome::fail) {
    return exit_fail;
  }
  return result.outcome() == wire::Outcome::skip ? exit_skip : 0;
}

void tell_message(const wire::Frame& frame) {
  if (const auto* log = frame.message_as_Log()) {
    std::fprintf(stderr, "assay-agent: %s: %s\n", wire::EnumNameLogLevel(log->level()), log->text()->c_str());
  } else if (const auto* event = frame.message_as_Event()) {
    const char* detail = event->detail() != nullptr ? event->detail()->c_str() : "";
    std::fprintf(stderr, "assay-agent: event %s %.200s\n", event->name()->c_str(), detail);
  }
}

/// Reads all reports until the worker closes its end; the last result stays in `result`.
void read_reports(int fd, std::vector<std::byte>& result) {
  wire::Decoder decoder;
  wire::FrameView frame;
  std::vector<std::byte> chunk(std::size_t{64} << 10U);
  for (;;) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count <= 0) {
      return;
    }
    decoder.feed(std::span(chunk).first(static_cast<std::size_t>(count)));
    while (decoder.next(frame)) {
      const wire::Frame& message = *wire::GetFrame(frame.payload.data());
      if (message.message_type() == wire::Message::Result) {
        result.assign(frame.payload.begin(), frame.payload.end());
      } else {
        tell_message(message);
      }
    }
  }
}

}  // namespace

int run_locally(const LocalRun& run) {
  WorkerProcess worker;
  if (const int error = worker.start(order_frame(run)); error != 0) {
    std::fprintf(stderr, "assay-agent: cannot start a worker: %s\n", std::strerror(error));
    return exit_fail;
  }
  ::fcntl(worker.reports(), F_SETFL, 0);
  std::vector<std::byte> result;
  read_reports(worker.reports(), result);
  int status = 0;
  ::waitpid(worker.pid(), &status, 0);
  worker.note_end();
  if (!result.empty()) {
    return tell_result(run, *wire::GetFrame(result.data())->message_as_Result());
  }
  if (WIFSIGNALED(status)) {
    std::fprintf(stderr, "assay-agent: the worker was ended by signal %d\n", WTERMSIG(status));
  } else {
    std::fprintf(stderr, "assay-agent: the worker ended with code %d and without a result\n",
                 WEXITSTATUS(status));
  }
  return exit_fail;
}

}  // namespace assay::agent
