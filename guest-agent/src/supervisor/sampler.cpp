// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/sampler.hpp"

#include "base/clock.hpp"

#include <algorithm>
#include <array>

namespace assay::agent {
namespace {

constexpr std::uint64_t batch_ns = 250 * ns_per_ms;
constexpr std::size_t most_ticks = 64;

unsigned bit_of(ProcKind kind) { return 1U << static_cast<unsigned>(kind); }

}  // namespace

unsigned source_bit(std::string_view name) {
  struct Source {
    std::string_view name;
    ProcKind kind;
  };
  constexpr std::array sources{Source{"vmstat", ProcKind::vmstat}, Source{"meminfo", ProcKind::meminfo},
                               Source{"buddyinfo", ProcKind::buddyinfo}, Source{"psi", ProcKind::psi}};
  const auto* found = std::ranges::find(sources, name, &Source::name);
  return found == sources.end() ? 0 : bit_of(found->kind);
}

Sampler::Sampler(std::vector<ProcFile> files) {
  std::uint32_t id = 0;
  slots_.reserve(files.size());
  for (auto& file : files) {
    slots_.push_back({std::move(file), id});
    id += static_cast<std::uint32_t>(slots_.back().file.fields().size());
  }
  row_.resize(id);
  times_.resize(most_ticks);
  chosen_.reserve(id);
  names_.reserve(id);
  columns_.resize(std::max<std::size_t>(Encoder::most_values, id));
}

void Sampler::start(std::uint64_t order, unsigned sources, std::uint64_t interval_ns, Encoder& encoder,
                    Outbox& outbox) {
  order_ = order;
  sources_ = sources;
  names_.clear();
  chosen_.clear();
  ticks_ = 0;
  for (const auto& slot : slots_) {
    if ((bit_of(slot.file.kind()) & sources_) == 0) {
      continue;
    }
    std::uint32_t id = slot.first_id;
    for (const auto& field : slot.file.fields()) {
      names_.push_back({id, field.name, field.unit});
      chosen_.push_back(id++);
    }
  }
  running_ = !chosen_.empty();
  if (!running_) {
    return;
  }
  const std::size_t fitting = std::max<std::size_t>(1, Encoder::most_values / chosen_.size());
  const std::size_t wanted = std::max<std::size_t>(1, batch_ns / std::max<std::uint64_t>(1, interval_ns));
  batch_ticks_ = std::min({fitting, wanted, most_ticks});
  outbox.push(encoder.metrics(order_, names_), Urgency::report);
  take_sample();
}

void Sampler::take_sample() {
  const std::uint64_t now = monotonic_ns();
  std::size_t column = 0;
  for (auto& slot : slots_) {
    if ((bit_of(slot.file.kind()) & sources_) == 0) {
      continue;
    }
    const std::size_t count = slot.file.fields().size();
    const auto values = std::span(row_).first(count);
    if (!slot.file.read(values)) {
      ++dropped_;
      return;
    }
    for (const std::int64_t value : values) {
      columns_[column++ * batch_ticks_ + ticks_] = value;
    }
  }
  times_[ticks_++] = now;
}

void Sampler::tick(std::uint64_t missed, Encoder& encoder, Outbox& outbox) {
  if (!running_) {
    return;
  }
  dropped_ += missed;
  if (ticks_ == batch_ticks_) {
    flush(encoder, outbox);
  }
  take_sample();
  if (ticks_ == batch_ticks_) {
    flush(encoder, outbox);
  }
}

void Sampler::stop(Encoder& encoder, Outbox& outbox) {
  if (running_) {
    tick(0, encoder, outbox);
    flush(encoder, outbox);
    running_ = false;
  }
}

void Sampler::flush(Encoder& encoder, Outbox& outbox) {
  if (ticks_ == 0) {
    return;
  }
  const Columns columns{.times = std::span(times_).first(ticks_),
                        .metrics = chosen_,
                        .values = columns_,
                        .stride = batch_ticks_};
  if (!outbox.push(encoder.samples(order_, columns), Urgency::sample)) {
    dropped_ += ticks_;
  }
  ticks_ = 0;
}

std::int64_t Sampler::read_now(std::string_view name, std::int64_t fallback) {
  for (auto& slot : slots_) {
    const auto fields = slot.file.fields();
    const auto found = std::ranges::find(fields, name, &ProcField::name);
    if (found != fields.end()) {
      const auto values = std::span(row_).first(fields.size());
      return slot.file.read(values) ? values[static_cast<std::size_t>(found - fields.begin())] : fallback;
    }
  }
  return fallback;
}

}  // namespace assay::agent
