"""Results of Automobilista 2's and Project CARS 2's servers, out of the log that their `sms_stats` script keeps."""

from simlane.results.readers.ams2.reader import SIMULATORS as SIMULATORS
from simlane.results.readers.ams2.reader import Ams2Reader as Ams2Reader
