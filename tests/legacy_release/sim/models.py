import uuid

from django.conf import settings
from django.db import models


class Simulator(models.Model):
    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class SimProfile(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sim_profiles")
    simulator = models.ForeignKey(Simulator, on_delete=models.CASCADE)
    profile_name = models.CharField(max_length=255)
    profile_data = models.JSONField(default=dict)
    is_verified = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.profile_name


class Event(models.Model):
    name = models.CharField(max_length=255)
    simulator = models.ForeignKey(Simulator, on_delete=models.CASCADE)
    starts_at = models.DateTimeField(null=True, blank=True)
    event_source = models.CharField(max_length=30, default="manual")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.name
