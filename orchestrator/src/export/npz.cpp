// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "export/formats.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace assay::exports {
namespace {

struct FreeZip {
  void operator()(archive* open) const { ::archive_write_free(open); }
};
struct FreeZipEntry {
  void operator()(archive_entry* entry) const { ::archive_entry_free(entry); }
};

template <class T>
constexpr const char* dtype_of() {
  return std::is_same_v<T, double> ? "<f8" : std::is_same_v<T, std::uint64_t> ? "<u8" : "<i8";
}

/// The head of a .npy file, format 1.0: a Python literal, padded so that the data begins at a multiple of 64.
std::string npy_head(std::string_view dtype, std::size_t count) {
  auto literal = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},), }}", dtype, count);
  constexpr std::size_t before = 10;
  literal.append(64 - (before + literal.size() + 1) % 64, ' ');
  literal += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  head += static_cast<char>(literal.size() & 0xffU);
  head += static_cast<char>(literal.size() >> 8U);
  return head + literal;
}

/// A zip file on its way to a sink.
class NpzWriter {
 public:
  explicit NpzWriter(const Sink& sink) : sink_(sink), zip_(::archive_write_new()) {
    check(::archive_write_set_format_zip(zip_.get()));
    check(::archive_write_set_bytes_in_last_block(zip_.get(), 1));
    check(::archive_write_open(zip_.get(), this, nullptr, hand_on, nullptr));
  }

  template <class T>
  void add(const std::string& name, std::span<const T> column) {
    const auto bytes = std::as_bytes(column);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());  // NOLINT: bytes
    add_file(name, npy_head(dtype_of<T>(), column.size()), text);
  }

  /// ASCII texts as numpy's unicode: four bytes a letter, as many letters as the longest has.
  void add(const std::string& name, const std::vector<std::string>& texts) {
    std::size_t longest = 1;
    for (const auto& text : texts) {
      longest = std::max(longest, text.size());
    }
    std::string cells;
    for (const auto& text : texts) {
      for (std::size_t i = 0; i < longest; ++i) {
        cells += i < text.size() ? text[i] : '\0';
        cells.append(3, '\0');
      }
    }
    add_file(name, npy_head(fmt::format("<U{}", longest), texts.size()), cells);
  }

  [[nodiscard]] Status finish() {
    check(::archive_write_close(zip_.get()));
    return status_;
  }

 private:
  static la_ssize_t hand_on(archive* open, void* self, const void* bytes, std::size_t size) {
    auto& writer = *static_cast<NpzWriter*>(self);
    writer.status_ = writer.sink_({static_cast<const char*>(bytes), size});
    if (!writer.status_) {
      ::archive_set_error(open, EIO, "%s", "the output does not take it");
      return -1;
    }
    return static_cast<la_ssize_t>(size);
  }

  void add_file(const std::string& name, std::string_view head, std::string_view data) {
    const std::unique_ptr<archive_entry, FreeZipEntry> entry(::archive_entry_new());
    ::archive_entry_set_pathname(entry.get(), (name + ".npy").c_str());
    ::archive_entry_set_mode(entry.get(), S_IFREG | 0644U);
    ::archive_entry_set_mtime(entry.get(), 0, 0);
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(head.size() + data.size()));
    check(::archive_write_header(zip_.get(), entry.get()));
    put(head);
    put(data);
  }

  void put(std::string_view bytes) {
    if (!bytes.empty() && ::archive_write_data(zip_.get(), bytes.data(), bytes.size()) < 0) {
      check(ARCHIVE_FATAL);
    }
  }

  void check(int result) {
    if (result == ARCHIVE_FATAL && status_) {
      const char* why = ::archive_error_string(zip_.get());
      status_ =
          fail(Failure::infrastructure, "cannot write the zip file: {}", why != nullptr ? why : "no memory");
    }
  }

  const Sink& sink_;
  std::unique_ptr<archive, FreeZip> zip_;
  Status status_;
};

template <class Field>
auto column_of(const store::RunView& view, Field field) {
  std::vector<std::decay_t<decltype(field(view.trials.front()))>> column;
  for (const auto& record : view.trials) {
    column.push_back(field(record));
  }
  return column;
}

void add_trials(NpzWriter& npz, const store::RunView& view) {
  using Record = trial::TrialRecord;
  const auto texts = [&](const char* name, auto field) {
    npz.add(name, column_of(view, [&](const Record& record) { return printable(field(record)); }));
  };
  const auto numbers = [&](const std::string& name, auto field) {
    const auto column = column_of(view, field);
    npz.add(name, std::span(column));
  };
  texts("trials/variant", [](const Record& record) { return record.key.variant; });
  texts("trials/machine", [](const Record& record) { return record.key.machine; });
  texts("trials/workload", [](const Record& record) { return record.key.workload; });
  numbers("trials/repeat", [](const Record& record) { return std::int64_t{record.key.repeat}; });
  numbers("trials/seed", [](const Record& record) { return record.seed; });
  texts("trials/outcome", [](const Record& record) { return std::string(name_of(record.outcome)); });
  numbers("trials/measured_ns", [](const Record& record) { return std::int64_t{record.measured.count()}; });
  numbers("trials/wall_ns", [](const Record& record) { return std::int64_t{record.wall.count()}; });
  for (const auto& name : counter_names(view)) {
    numbers("counters/" + printable(name), [&](const Record& record) {
      const auto* value = record.counter(name);
      return value != nullptr ? static_cast<double>(*value) : std::numeric_limits<double>::quiet_NaN();
    });
  }
}

/// Times once where all metrics have the same.
void add_samples(NpzWriter& npz, std::size_t trial, const std::vector<store::MetricSeries>& all) {
  for (const auto& series : all) {
    const auto name = fmt::format("samples/{}/{}", trial, printable(series.name));
    npz.add(name, std::span(series.values));
    if (&series == &all.front()) {
      npz.add(fmt::format("samples/{}/time_ns", trial), std::span(series.times));
    } else if (series.times != all.front().times) {
      npz.add(name + "/time_ns", std::span(series.times));
    }
  }
}

}  // namespace

Status write_npz(const ExportedRun& run, const Sink& sink) {
  NpzWriter npz(sink);
  add_trials(npz, run.view);
  for (std::size_t i = 0; run.samples && i < run.view.trials.size(); ++i) {
    const auto all = run.results.samples(run.view.run.id, run.view.trials[i].key, "");
    if (!all) {
      return all.error();
    }
    add_samples(npz, i, *all);
  }
  return npz.finish();
}

}  // namespace assay::exports
