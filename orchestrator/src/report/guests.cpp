// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/guests.hpp"

#include "base/text.hpp"
#include "experiment/kept_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

using trial::Outcome;
using trial::TrialRecord;

}  // namespace

Guests::Guests(const store::RunView& view)
    : view_(view), shared_(experiment::shares_guests(view.run.experiment_toml)) {
  for (const auto& record : view.trials) {
    if (!record.folder.empty()) {
      guests_[record.folder].push_back(&record);
    }
  }
}

std::vector<const TrialRecord*> Guests::before(const TrialRecord& record) const {
  const auto guest = guests_.find(record.folder);
  if (guest == guests_.end()) {
    return {};
  }
  return {guest->second.begin(), std::ranges::find(guest->second, &record)};
}

const TrialRecord* Guests::finding_after(const TrialRecord& record) const {
  // A finding is the last that a guest was used for.
  const auto guest = guests_.find(record.folder);
  if (guest == guests_.end() || record.outcome == Outcome::finding ||
      guest->second.back()->outcome != Outcome::finding) {
    return nullptr;
  }
  return guest->second.back();
}

const TrialRecord* Guests::finding_in_guest_before(const TrialRecord& record) const {
  const TrialRecord* last = nullptr;
  for (const auto& other : view_.trials) {
    if (&other == &record) {
      break;
    }
    if (other.outcome == Outcome::finding && other.folder != record.folder &&
        other.key.variant == record.key.variant && other.key.machine == record.key.machine &&
        other.key.repeat == record.key.repeat) {
      last = &other;
    }
  }
  return last;
}

std::string Guests::circumstances(const TrialRecord& record) const {
  std::string text;
  std::string earlier;
  for (const auto* other : before(record)) {
    earlier += (earlier.empty() ? "" : ", ") + one_line(other->key.workload);
  }
  if (!earlier.empty()) {
    text += ", in the same guest after " + earlier;
  }
  const auto* ended = shared_ ? finding_in_guest_before(record) : nullptr;
  if (ended != nullptr) {
    text += fmt::format(", in a guest that began when a finding in {} had ended the one before",
                        one_line(ended->key.workload));
  }
  if (record.attempts > 1) {
    text += ", when the guest of a first attempt was lost";
  }
  return text;
}

std::string taint_text(const store::RunView& view) {
  const Guests guests(view);
  const auto count = static_cast<std::size_t>(std::ranges::count_if(
      view.trials, [&](const auto& record) { return guests.finding_after(record) != nullptr; }));
  return count == 0 ? ""
                    : fmt::format(
                          "{} trial{} ran before a finding in the same guest: what {} left there may be its "
                          "cause.",
                          count, plural(count), count == 1 ? "it" : "they");
}

}  // namespace assay::report
