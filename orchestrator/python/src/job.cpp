// SPDX-License-Identifier: GPL-2.0-or-later
#include "job.hpp"

#include "engine.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace assay::python {
namespace {

/// 512 MiB: what nobody takes for so long is not waited for.
constexpr std::uint64_t most_waiting_values = std::uint64_t{1} << 26U;

std::uint64_t values_in(const News& news) {
  const auto* samples = std::get_if<news::Samples>(&news);
  return samples == nullptr ? 0 : samples->batch.values.size();
}

}  // namespace

Job::Job() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Job::tell(News news) {
  const std::scoped_lock lock(mutex_);
  const auto values = values_in(news);
  if (values > 0 && waiting_values_ + values > most_waiting_values) {
    dropped_values_ += values;
    return;
  }
  waiting_values_ += values;
  news_.push_back(std::move(news));
  ::eventfd_write(wake_.get(), 1);
}

void Job::finish(Result<std::string> end) {
  const std::scoped_lock lock(mutex_);
  end_ = std::move(end);
  ::eventfd_write(wake_.get(), 1);
}

std::uint64_t Job::take_dropped() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(dropped_values_, 0);
}

std::optional<News> Job::take() {
  const std::scoped_lock lock(mutex_);
  if (news_.empty()) {
    if (!end_) {
      eventfd_t count = 0;
      ::eventfd_read(wake_.get(), &count);
    }
    return std::nullopt;
  }
  auto first = std::move(news_.front());
  news_.pop_front();
  waiting_values_ -= values_in(first);
  return first;
}

bool Job::finished() const {
  const std::scoped_lock lock(mutex_);
  return end_.has_value();
}

Result<std::string> Job::end() const {
  const std::scoped_lock lock(mutex_);
  return end_ ? *end_ : fail(Failure::infrastructure, "it has not ended");
}

void cancel(const std::shared_ptr<Job>& job) {
  Engine::of_process().post([job] { job->interrupt().request(); });
}

}  // namespace assay::python
