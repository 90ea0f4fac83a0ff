from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sim", "0003_fill_simulator_slug")]

    operations = [
        migrations.AlterField("simulator", "slug", models.SlugField(max_length=100, unique=True)),
    ]
